// SPDX-License-Identifier: Apache-2.0
/** A long press with a finger: what a mouse does with a box beside the row. */

/** Milliseconds of a press, and pixels by which a finger may shake. */
const LONG = 500;
const NEAR = 10;
let down = null;
let done = false; // a press, and no other since

function lift() {
	if (down) clearTimeout(down.timer);
	down = null;
}

function forget() {
	done = false;
	removeEventListener('click', swallow, true);
	removeEventListener('pointerdown', forget, true);
}

/** The click that ends the press is none, wherever it lands: what is under the finger may be another thing by then. */
function swallow(event) {
	forget();
	event.preventDefault();
	event.stopPropagation();
}

function press() {
	const { run } = down;
	lift();
	done = true;
	addEventListener('click', swallow, true);
	addEventListener('pointerdown', forget, true);
	run();
}

/**
 * Handlers of an element that can be pressed long.
 * @param {function()} run
 * @returns {Object<string, function(Event)>} for h()
 */
export function longPress(run) {
	return {
		onpointerdown: event => {
			lift();
			if (event.pointerType === 'touch') down = { x: event.clientX, y: event.clientY, run, timer: setTimeout(press, LONG) };
		},
		onpointermove: event => down && Math.hypot(event.clientX - down.x, event.clientY - down.y) > NEAR && lift(),
		onpointerup: lift,
		onpointercancel: lift,
		// Some browsers have a menu of their own then, which takes the finger over.
		oncontextmenu: event => {
			if (!down && !done) return;
			event.preventDefault();
			if (down) press();
		},
	};
}
