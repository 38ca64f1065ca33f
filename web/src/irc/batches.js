// Batches, which come line by line and mean something as a whole (IRCv3 batch, draft/multiline).

/**
 * @typedef {import("./line.js").Message} Message
 * @typedef {object} Batch
 * @property {string} type
 * @property {Message} opened
 * @property {string} outer the batch that it is in, or nothing
 * @property {Message[]} messages
 */

/** A message of several lines as one, with the tags of its beginning. @param {Batch} batch @returns {Message | undefined} */
function join_lines(batch) {
  let text = "";
  batch.messages.forEach((line, index) => {
    text += (index > 0 && !("draft/multiline-concat" in line.tags) ? "\n" : "") + (line.params[1] ?? "");
  });
  const [first] = batch.messages;
  if (!first) return undefined;
  const { batch: _, ...tags } = batch.opened.tags;
  return { tags, from: batch.opened.from || first.from, mask: batch.opened.mask || first.mask, command: first.command, params: [batch.opened.params[2] ?? first.params[0], text] };
}

export class Batches {
  /** @type {Map<string, Batch>} */
  #open = new Map();

  /**
   * Takes a line, and gives what is whole with it: a message that is in no batch, or a batch that has ended.
   * @param {Message} message
   * @returns {Message | Batch | undefined}
   */
  take(message) {
    if (message.command === "BATCH") {
      const [reference = ""] = message.params;
      if (reference.startsWith("+")) {
        this.#open.set(reference.slice(1), { type: message.params[1] ?? "", opened: message, outer: message.tags.batch ?? "", messages: [] });
        return undefined;
      }
      return this.#end(reference.slice(1));
    }
    const batch = this.#open.get(message.tags.batch ?? "");
    if (!batch) return message;
    batch.messages.push(message);
    return undefined;
  }

  /** @param {string} reference */
  #end(reference) {
    const batch = this.#open.get(reference);
    if (!batch) return undefined;
    this.#open.delete(reference);
    const outer = this.#open.get(batch.outer);
    if (batch.type === "draft/multiline") {
      const whole = join_lines(batch);
      if (!outer) return whole;
      if (whole) outer.messages.push(whole);
      return undefined;
    }
    if (!outer) return batch;
    outer.messages.push(...batch.messages);
    return undefined;
  }
}
