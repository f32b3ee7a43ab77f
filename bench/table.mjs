// How the benchmarks show numbers.

export const thousands = (number) => Math.round(number).toLocaleString("en").replaceAll(",", " ");

export function print(titles, rows) {
  const texts = [titles, ...rows].map((row) => row.map(String));
  const widths = titles.map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  for (const row of texts) {
    const cells = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]),
    );
    console.log(cells.join("  "));
  }
  console.log();
}
