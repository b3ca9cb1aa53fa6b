/**
 * Draws a captured terminal screen as a picture, with Debian's Chromium.
 * Usage: tmux capture-pane -e -p | node scripts/node24.mjs scripts/terminal-picture.ts OUT.png [COLUMNS]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const COLORS: Readonly<Record<number, string>> = {
  30: "#5c6370",
  31: "#e5534b",
  32: "#57ab5a",
  33: "#c69026",
  34: "#539bf5",
  35: "#b083f0",
  36: "#39c5cf",
  37: "#adbac7",
  90: "#768390",
};
const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);
const LINE_HEIGHT = 20;
const COLUMN_WIDTH = 8.45;

const escapeHtml = (raw: string): string =>
  raw
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    // A terminal gives this sign one column; the font draws it wider.
    .replaceAll("⏸", "<i>⏸</i>");

/** CSS for the SGR numbers in force. */
function style(codes: ReadonlySet<number>): string {
  const color = [...codes].map((code) => COLORS[code]).find((found) => found !== undefined);
  return [color && `color:${color}`, codes.has(1) && "font-weight:600", codes.has(2) && "opacity:.65"]
    .filter(Boolean)
    .join(";");
}

/** One screen line with SGR sequences as HTML. */
function lineToHtml(line: string, codes: Set<number>): string {
  return line
    .split(SEQUENCE)
    .map((part) => {
      if (!part.startsWith(ESCAPE))
        return part === "" ? "" : `<span style="${style(codes)}">${escapeHtml(part)}</span>`;
      for (const number of (part.slice(2, -1) || "0").split(";").map(Number)) {
        if (number === 0) codes.clear();
        else if (number === 22) for (const weight of [1, 2]) codes.delete(weight);
        else {
          if (number >= 30) for (const code of codes) if (code >= 30) codes.delete(code);
          if (number !== 39) codes.add(number);
        }
      }
      return "";
    })
    .join("");
}

const [out, columns = "92"] = process.argv.slice(2);
if (!out) throw new Error("name the picture to write");
const lines = (await text(process.stdin)).replace(/\s+$/, "").split("\n");
const codes = new Set<number>();
const body = lines.map((line) => lineToHtml(line, codes)).join("\n");
const folder = mkdtempSync(join(tmpdir(), "baton-picture-"));
const page = join(folder, "screen.html");
writeFileSync(
  page,
  `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#22272e;color:#cdd9e5}pre{margin:16px 20px;font:14px/${LINE_HEIGHT}px "DejaVu Sans Mono",monospace}i{display:inline-block;width:1ch;font-style:normal}</style><pre>${body}</pre>`,
);
const size = `${Math.ceil(Number(columns) * COLUMN_WIDTH + 40)},${lines.length * LINE_HEIGHT + 32}`;
const chromium = spawnSync(
  "chromium",
  [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    ...["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=2"],
    `--user-data-dir=${join(folder, "profile")}`,
    `--window-size=${size}`,
    `--screenshot=${out}`,
    `file://${page}`,
  ],
  { encoding: "utf8", timeout: 60_000 },
);
rmSync(folder, { recursive: true, force: true });
if (chromium.status !== 0) throw new Error(`chromium failed: ${chromium.stderr || chromium.error?.message}`);
console.log(`wrote ${out}`);
