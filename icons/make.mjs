#!/usr/bin/env node
// Makes every icon from the SVG sources beside it. Needs `rsvg-convert` (Debian: librsvg2-bin) and nothing else.
// The same sources and the same librsvg give the same bytes.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const large = readFileSync(join(here, "abide.svg"), "utf8");
const small = readFileSync(join(here, "abide-small.svg"), "utf8");
// macOS leaves a margin around the tile: it fills 824 of 1024 pixels there, 30 of 32 units here.
const side = (30 * 1024) / 824;
const offset = -(side - 32) / 2;
const mac = large.replace('viewBox="0 0 32 32"', `viewBox="${offset} ${offset} ${side} ${side}"`);
if (mac === large) throw new Error("abide.svg has another viewBox than make.mjs expects");

const render = (svg, size) =>
  execFileSync("rsvg-convert", ["-w", String(size), "-h", String(size), "-f", "png"], { input: svg });
const drawing = (size) => (size <= 32 ? small : large);
const write = (name, bytes) => writeFileSync(join(here, name), bytes);

/** An ICO file: a header, one entry of 16 bytes for each image, then the PNG files themselves. */
function ico(sizes) {
  const images = sizes.map((size) => render(drawing(size), size));
  const header = Buffer.alloc(6 + 16 * sizes.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(sizes.length, 4);
  let at = header.length;
  sizes.forEach((size, i) => {
    const entry = 6 + 16 * i;
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(images[i].length, entry + 8);
    header.writeUInt32LE(at, entry + 12);
    at += images[i].length;
  });
  return Buffer.concat([header, ...images]);
}

/** An ICNS file: chunks of a type, a length that includes these eight bytes, and a PNG file. */
function icns(chunks) {
  const parts = chunks.map(([type, size]) => {
    const image = render(size <= 32 ? small : mac, size);
    const head = Buffer.alloc(8);
    head.write(type, 0, "latin1");
    head.writeUInt32BE(image.length + 8, 4);
    return Buffer.concat([head, image]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write("icns", 0, "latin1");
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

write("32x32.png", render(small, 32));
write("64x64.png", render(large, 64));
write("128x128.png", render(large, 128));
write("128x128@2x.png", render(large, 256));
write("icon.png", render(large, 512));
// What a Linux desktop asks for beside these.
mkdirSync(join(here, "hicolor"), { recursive: true });
for (const size of [16, 22, 24, 48]) write(join("hicolor", `${size}.png`), render(drawing(size), size));
// The order matters to Tauri: on Windows it takes the first image of the file for its windows.
write("icon.ico", ico([32, 16, 20, 24, 48, 64, 256]));
write(
  "icon.icns",
  icns([
    ["icp4", 16],
    ["icp5", 32],
    ["ic11", 32],
    ["ic12", 64],
    ["ic07", 128],
    ["ic13", 256],
    ["ic08", 256],
    ["ic14", 512],
    ["ic09", 512],
    ["ic10", 1024],
  ]),
);
