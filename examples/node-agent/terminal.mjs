// What is shown, and how: colours, tables, wrapped text. All text that comes from elsewhere goes through `visible`.

const { stdout } = process;
const coloured = stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
const columns_min = 40;
const columns_max = 120;

const paint = (code) => (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);

export const say = (text = "") => void stdout.write(`${text}\n`);

/** How wide the output may be; a pipe gets 100 columns. */
export const columns = () =>
  Math.max(columns_min, Math.min(stdout.columns || (stdout.isTTY ? 80 : 100), columns_max));

/** A failure that is told in one sentence: what, where, what to do. `lines` go below it. */
export class Stop extends Error {
  constructor(sentence, lines = []) {
    super(sentence);
    this.lines = lines;
  }
}

/**
 * Text from an agent, as a person may safely see it: whatever is invisible, moves the cursor, colours, or turns the direction
 * of writing is spelt out, as in `\u{202e}`.
 */
export const visible = (text) =>
  String(text).replace(
    /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => `\\u{${character.codePointAt(0).toString(16)}}`,
  );

/** JSON on one line, safe to see, with a space after each comma and colon. */
export const json = (value) =>
  visible(
    JSON.stringify(value, null, 1)
      .replace(/([{[])\n\s*|\n\s*(?=[}\]])/g, "$1")
      .replace(/\n\s*/g, " "),
  );

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const widthOf = (text) =>
  [...text].reduce(
    (width, character) => width + (/\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1),
    0,
  );

/** Cuts `text` to at most `width` columns, with an ellipsis where something is missing. */
export function cut(text, width) {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

export const pad = (text, width) => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** `text` in lines of at most `width` columns, broken at spaces where there are any; nothing is lost. */
export function wrap(text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(/(?<= )/)) {
    if (line !== "" && widthOf(line + word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
    while (widthOf(line.trimEnd()) > width) {
      const head = cut(line, width + 1).slice(0, -1);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line.trimEnd()];
}

/** A label and its text, wrapped beside it. */
export function sayField(label, text, { indent = 2, labelWidth = 11 } = {}) {
  const [first, ...rest] = wrap(text, columns() - indent - labelWidth);
  const margin = " ".repeat(indent);
  say(`${margin}${dim(pad(label, labelWidth))}${first}`);
  for (const line of rest) say(`${margin}${" ".repeat(labelWidth)}${line}`);
}

/** `part` of `whole` as a bar. */
export function bar(part, whole, width = 20) {
  const filled = Math.round((part / whole) * width);
  return green("█".repeat(filled)) + dim("░".repeat(width - filled));
}

/**
 * A table as wide as the terminal. Each column: `title`, `of(row)`, and perhaps `paint(text, row)`. Where there is not enough
 * room, those marked `spare` go first, and then the widest ones give way.
 */
export function sayTable(columnsOfTable, rows, indent = 2) {
  const room = columns() - indent;
  const roomy = fit(columnsOfTable, rows, room).left >= 0;
  const shown = roomy ? columnsOfTable : columnsOfTable.filter((column) => !column.spare);
  const { cells, widths, left } = fit(shown, rows, room);
  for (let excess = -left; excess > 0; --excess) {
    widths[widths.indexOf(Math.max(...widths))] -= 1;
  }
  const line = (texts, painters) => {
    const parts = texts.map((text, index) =>
      painters[index](
        pad(cut(text, widths[index]), index === texts.length - 1 ? 0 : widths[index]),
      ),
    );
    say(`${" ".repeat(indent)}${parts.join("  ")}`);
  };
  line(
    shown.map((column) => column.title),
    shown.map(() => dim),
  );
  rows.forEach((row, index) => {
    line(
      cells[index],
      shown.map((column) => (text) => column.paint?.(text, row) ?? text),
    );
  });
}

/** The texts of a table, how wide its columns would like to be, and how much room that leaves. */
function fit(columnsOfTable, rows, room) {
  const cells = rows.map((row) => columnsOfTable.map((column) => visible(column.of(row) ?? "")));
  const widths = columnsOfTable.map((column, index) =>
    Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[index]))),
  );
  const taken = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
  return { cells, widths, left: room - taken };
}
