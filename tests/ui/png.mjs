// SPDX-License-Identifier: Apache-2.0
// Pictures for the repository: a PNG of the browser made smaller, with a palette in place of three bytes for each pixel.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const MOST = 256;

function* chunks(png) {
	for (let at = 8; at < png.length;) {
		const n = png.readUInt32BE(at);

		yield [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + n)];
		at += 12 + n;
	}
}

const paeth = (a, b, c) => {
	const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];

	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

/* Pixels as 0xRRGGBB, of a PNG with 8 bits a channel that is not interlaced. */
function decode(png) {
	const data = [];
	let head = null;

	for (const [type, bytes] of chunks(png)) {
		if (type === 'IHDR')
			head = { width: bytes.readUInt32BE(0), height: bytes.readUInt32BE(4), step: bytes[9] === 6 ? 4 : 3 };
		if (type === 'IDAT')
			data.push(bytes);
	}
	const { width, height, step } = head;
	const raw = inflateSync(Buffer.concat(data));
	const line = width * step;
	const pixels = new Uint32Array(width * height);
	let above = new Uint8Array(line);

	for (let y = 0; y < height; y++) {
		const filter = raw[y * (line + 1)];
		const now = new Uint8Array(raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1)));

		for (let i = 0; i < line; i++) {
			const [a, b, c] = [i >= step ? now[i - step] : 0, above[i], i >= step ? above[i - step] : 0];

			now[i] += [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
		}
		for (let x = 0; x < width; x++)
			pixels[y * width + x] = (now[x * step] << 16) | (now[x * step + 1] << 8) | now[x * step + 2];
		above = now;
	}
	return { width, height, pixels };
}

const distance = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/* The colours that are there most often, each standing for its neighbours as well. */
function paletteOf(pixels) {
	const counts = new Map();
	const near = new Map();

	for (const p of pixels)
		counts.set(p, (counts.get(p) ?? 0) + 1);
	for (const [colour, n] of [...counts].sort(([a, n], [b, m]) => m - n || a - b)) {
		const key = colour & 0xf8f8f8;

		near.set(key, [near.get(key)?.[0] ?? colour, (near.get(key)?.[1] ?? 0) + n]);
	}
	const palette = [...near.values()].sort(([a, n], [b, m]) => m - n || a - b).slice(0, MOST).map(([colour]) => colour);
	const index = new Map();

	for (const colour of counts.keys())
		index.set(colour, palette.reduce((best, p, i) => (distance(p, colour) < distance(palette[best], colour) ? i : best), 0));
	return { palette, index };
}

function chunk(type, bytes) {
	const out = Buffer.alloc(12 + bytes.length);

	out.writeUInt32BE(bytes.length, 0);
	out.write(type, 4, 'latin1');
	bytes.copy(out, 8);
	out.writeUInt32BE(crc32(out.subarray(4, 8 + bytes.length)), 8 + bytes.length);
	return out;
}

/** @param {Buffer} png as the browser makes it @returns {Buffer} the same picture with at most 256 colours */
export function smaller(png) {
	const { width, height, pixels } = decode(png);
	const { palette, index } = paletteOf(pixels);
	const head = Buffer.alloc(13);
	const lines = Buffer.alloc(height * (width + 1));

	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 3, 0, 0, 0], 8);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			lines[y * (width + 1) + 1 + x] = index.get(pixels[y * width + x]);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
		chunk('PLTE', Buffer.from(palette.flatMap((p) => [p >> 16, (p >> 8) & 255, p & 255]))), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
