// SPDX-License-Identifier: Apache-2.0
/**
 * Several tabs of one browser: one of them waits for changes and tells the others. A browser has six connections to a server, and
 * six tabs that wait would leave none for anything else. Web locks are for secure contexts only, and most installations are plain
 * http; so tabs speak over a channel. Whoever cannot is alone, and waits for itself.
 */

/** Milliseconds in which a tab that leads says so. */
const ANSWER_TIME = 400;
/** Milliseconds without a word of it after which it is asked for, and those it then has. */
const DOUBT = 3000;
const TAB_PATIENCE = 2500;

/** A name that sorts by age, the oldest first. */
const newName = () => `${String(Date.now()).padStart(15, '0')}.${Math.random()}`;

/**
 * One tab among others. Of two that lead, which happens when one was busy or asleep, the younger steps back as soon as they hear of one another.
 */
export class TabGroup {
	/**
	 * @param {BroadcastChannel|null} channel null: there are no others
	 * @param {{onlead: function(): void, onfollow: function(): void, onnews: function(*): void, welcome: function(): *}} on called when this
	 *   tab is the one that waits, when it is no longer, for what another tells, and for what one that came later has to know
	 * @param {{name?: string, later?: function, never?: function}} [tools] for tests: the name, setTimeout and clearTimeout
	 */
	constructor(channel, on, { name = newName(), later = (fn, ms) => setTimeout(fn, ms), never = id => clearTimeout(id) } = {}) {
		Object.assign(this, { channel, on, name, later, never, leads: false, leader: '', timer: 0 });
	}

	/** Looks whether another tab waits already. */
	join() {
		if (!this.channel) return this.lead();
		this.channel.onmessage = ({ data }) => this.hear(data);
		this.doubt(ANSWER_TIME, 'hello');
	}

	/** Says farewell: another tab takes over at once. join() brings this one back. */
	leave() {
		const led = this.leads;
		this.never(this.timer);
		this.leads = false;
		if (!this.channel) return;
		this.channel.onmessage = null;
		if (led) this.post('gone');
	}

	/** What the others have to know. */
	tell(news) {
		this.post('news', news);
	}

	/** Asks for the tab that leads; without an answer in time this one does. */
	doubt(patience = TAB_PATIENCE, call = 'who') {
		if (this.leads) return;
		this.post(call);
		this.wait(() => this.lead(), patience);
	}

	wait(fn, ms) {
		this.never(this.timer);
		this.timer = this.later(fn, ms);
	}

	post(kind, news) {
		if (!this.channel) return;
		try {
			this.channel.postMessage({ kind, from: this.name, news });
		} catch {
			// A channel that is closed: this tab is alone.
		}
	}

	lead() {
		this.never(this.timer);
		this.leads = true;
		this.leader = this.name;
		this.post('lead');
		this.on.onlead();
	}

	follow(leader) {
		const led = this.leads;
		this.leads = false;
		this.leader = leader;
		this.wait(() => this.doubt(), DOUBT);
		if (led) this.on.onfollow();
	}

	hear(said) {
		const { kind, from, news } = said && typeof said === 'object' ? said : {};
		if (typeof from !== 'string') return;
		if (kind === 'who' && this.leads) this.post('lead');
		else if (kind === 'hello' && this.leads) this.post('lead', this.on.welcome());
		else if (kind === 'lead') this.hearLeader(from, news);
		else if (kind === 'gone' && from === this.leader) this.doubt(Math.random() * ANSWER_TIME);
		else if (kind === 'news') {
			if (!this.leads && from === this.leader) this.follow(from);
			if (news) this.on.onnews(news);
		}
	}

	hearLeader(from, news) {
		if (this.leads && from > this.name) return this.post('lead');
		this.follow(from);
		if (news) this.on.onnews(news);
	}
}

/** The channel of this page's tabs: those of another version, or below another path, are none of ours. Null where there is none. */
export function openChannel(path, version) {
	try {
		return new BroadcastChannel(`tocsin ${path} ${version}`);
	} catch {
		return null;
	}
}
