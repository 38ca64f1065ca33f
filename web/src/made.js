// What the page is made of, by the paths of its server. build.mjs puts the real ones here, which nobody else can know.

export const made = {
  /** All that it needs to open, the page itself first. @type {string[]} */
  files: [],
  /** Another one whenever one of them is. */
  version: "",
  /** For notifications. */
  icon: "",
  /** The module that is fetched when somebody wants an emoji. */
  emoji: "",
};
