// What a terminal shows, and how: colours, tables, wrapped text. All text that comes from elsewhere goes through `visible`.

const columns_min = 40;
const columns_max = 120;

/** `NO_COLOR` (no-color.org) and `FORCE_COLOR` say so; else a terminal gets colours, and nothing else does. */
function coloured(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0") return true;
  return process.stdout.isTTY === true && TERM !== "dumb";
}

export type Paint = (text: string) => string;

const paint =
  (code: number): Paint =>
  (text) =>
    coloured() ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);

export const say = (text = ""): void => void process.stdout.write(`${text}\n`);

/** How wide the output may be; a pipe gets 100 columns. */
export function columns(): number {
  const { columns: reported, isTTY } = process.stdout;
  return Math.max(columns_min, Math.min(reported || (isTTY ? 80 : 100), columns_max));
}

/**
 * Text from elsewhere, as a person may safely see it: whatever is invisible, moves the cursor, colours, or turns the direction
 * of writing is spelt out, as in `\u{202e}`.
 */
export const visible = (text: unknown): string =>
  String(text).replace(
    /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );

/** JSON on one line, safe to see, with a space after each comma and colon. */
export const json = (value: unknown): string =>
  visible(
    (JSON.stringify(value, null, 1) ?? "")
      .replace(/([{[])\n\s*|\n\s*(?=[}\]])/g, "$1")
      .replace(/\n\s*/g, " "),
  );

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** How many columns a character takes. Most need no look at the tables: below U+0300 all take one. */
function widthOfOne(character: string): number {
  if (character < "\u0300") return 1;
  return /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

/** Cuts `text` to at most `width` columns, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  let used = 0;
  let length = 0;
  let kept = 0;
  for (const character of text) {
    used += widthOfOne(character);
    if (used > width) return `${text.slice(0, kept)}…`;
    length += character.length;
    if (used < width) kept = length;
  }
  return text;
}

export const pad = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - widthOf(text)));

/** `text` in lines of at most `width` columns, broken at spaces where there are any; nothing is lost. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.split(/(?<= )/)) {
    const letters = word.trimEnd();
    const space = word.slice(letters.length);
    if (line !== "" && used + widthOf(letters) > width) {
      lines.push(line.trimEnd());
      line = "";
      used = 0;
    }
    for (const character of letters) {
      const size = widthOfOne(character);
      if (used + size > width && line !== "") {
        lines.push(line);
        line = "";
        used = 0;
      }
      line += character;
      used += size;
    }
    line += space;
    used += widthOf(space);
  }
  return [...lines, line.trimEnd()];
}

/** A label and its text, wrapped beside it. */
export function sayField(
  label: string,
  text: string,
  { indent = 2, labelWidth = 11, paint: painter = (line: string) => line } = {},
): void {
  const [first = "", ...rest] = wrap(text, columns() - indent - labelWidth);
  const margin = " ".repeat(indent);
  say(`${margin}${dim(pad(label, labelWidth))}${painter(first)}`);
  for (const line of rest) say(`${margin}${" ".repeat(labelWidth)}${painter(line)}`);
}

/** `part` of `whole` as a bar. */
export function bar(part: number, whole: number, width = 20): string {
  const filled = whole > 0 ? Math.round((part / whole) * width) : 0;
  return green("█".repeat(filled)) + dim("░".repeat(width - filled));
}

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => unknown;
  readonly paint?: (text: string, row: Row) => string;
  /** Goes first where there is not enough room. */
  readonly spare?: boolean;
}

/** A cell that is longer loses its end. */
const cell_lines_max = 4;

function linesOf(text: string, width: number): string[] {
  const lines = wrap(cut(text, width * cell_lines_max), width);
  if (lines.length <= cell_lines_max) return lines;
  const whole = lines.slice(0, cell_lines_max - 1);
  return [...whole, cut(lines.slice(whole.length).join(" "), width)];
}

/**
 * A table as wide as the terminal, its cells made visible. Where there is not enough room, the columns that are marked
 * `spare` go first, and then the widest ones go on in further lines.
 */
export function sayTable<Row>(
  columnsOfTable: readonly Column<Row>[],
  rows: readonly Row[],
  indent = 2,
): void {
  const room = columns() - indent;
  const roomy = fit(columnsOfTable, rows, room).left >= 0;
  const shown = roomy ? columnsOfTable : columnsOfTable.filter((column) => !column.spare);
  const { cells, widths, left } = fit(shown, rows, room);
  for (let excess = -left; excess > 0; --excess) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] as number) - 1;
  }
  sayRow(
    shown.map((column) => column.title),
    shown.map(() => dim),
    widths,
    indent,
  );
  rows.forEach((row, index) => {
    sayRow(
      cells[index] as readonly string[],
      shown.map((column) => (text) => column.paint?.(text, row) ?? text),
      widths,
      indent,
    );
  });
}

function sayRow(
  texts: readonly string[],
  painters: readonly Paint[],
  widths: readonly number[],
  indent: number,
): void {
  const cells = texts.map((text, index) => linesOf(text, widths[index] as number));
  const height = Math.max(...cells.map((lines) => lines.length));
  for (let n = 0; n < height; ++n) {
    const parts = cells.map((lines, index) => {
      const width = index === cells.length - 1 ? 0 : (widths[index] as number);
      return (painters[index] as Paint)(pad(lines[n] ?? "", width));
    });
    say(`${" ".repeat(indent)}${parts.join("  ").trimEnd()}`);
  }
}

/** The texts of a table, how wide its columns would like to be, and how much room that leaves. */
function fit<Row>(columnsOfTable: readonly Column<Row>[], rows: readonly Row[], room: number) {
  const cells = rows.map((row) => columnsOfTable.map((column) => visible(column.of(row) ?? "")));
  const widths = columnsOfTable.map((column, index) =>
    cells.reduce(
      (width, row) => Math.max(width, widthOf(row[index] as string)),
      widthOf(column.title),
    ),
  );
  const taken = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
  return { cells, widths, left: room - taken };
}
