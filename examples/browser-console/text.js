// What comes from agents is hostile: it is shown as text, never as markup, and cannot reorder or hide what stands beside it.

/** What is invisible, breaks lines or turns the direction of writing, which can make one text look like another. */
const deceptive = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The same text, with what could deceive spelled out. Line feeds stay where `lines` is true. */
export const plain = (text, lines = false) =>
  String(text).replace(deceptive, (mark) =>
    lines && mark === "\n"
      ? mark
      : `⟨U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );

/** A value as JSON for people. */
export const json = (value) => plain(JSON.stringify(value, null, 2), true);

/** An element with attributes and contents; strings become text. */
export function element(name, attributes = {}, ...contents) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...contents.map((each) => (typeof each === "string" ? plain(each) : each)));
  return made;
}

export const clock = (timestamp) =>
  new Date(timestamp).toLocaleTimeString([], { timeStyle: "medium", hour12: false });
