// The name of an emoji while it is typed: `:na`, and `:name:`.

/** The name that is being typed before the caret, and whether it has its second colon. @param {string} before */
export function typed_name(before) {
  const found = /(?:^|\s):([a-z+][\w+-]+)(:?)$/i.exec(before);
  return found && { name: found[1], is_whole: found[2] === ":", length: found[1].length + 1 + found[2].length };
}
