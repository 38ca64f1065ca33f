// A colour for a name, always the same; each is legible on both backgrounds (tones.css).

export const colours = 12;

/** 0 to 11. @param {string} name */
export function colour_of(name) {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.toLowerCase().charCodeAt(i), 16777619);
  return (hash >>> 0) % colours;
}
