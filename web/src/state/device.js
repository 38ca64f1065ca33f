// Staying logged in on this device: a token by which the browser is let in to one's account (SASL OAUTHBEARER), and which the
// server takes back when one says so (NS DEVICES). The password is not kept.

import { my_account, session } from "./chat.js";
import { recall, remember } from "./memory.js";

/** @typedef {{id: string, seen: number, is_this: boolean, name: string}} Device */

export const can_stay = () => (session.offered.get("sasl") ?? "").split(",").includes("OAUTHBEARER");

/** The account, and the token for it, as kept; nothing: one logs in anew. @returns {{account: string, token: string} | undefined} */
export function kept_device() {
  const [account = "", token = ""] = recall("device").split(" ");
  return token ? { account, token } : undefined;
}

/** What it is called among one's devices. */
function own_name() {
  const agent = navigator.userAgent;
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(name)) ?? "Browser";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac", "CrOS", "Linux"].find((name) => agent.includes(name)) ?? "";
  return [{ Edg: "Edge", OPR: "Opera" }[browser] ?? browser, system].filter(Boolean).join(", ");
}

/** @param {string[]} line @returns {Promise<string[]>} what the service says */
const ask = async (...line) => (await session.ask_quietly(["NS", "DEVICES", ...line])).filter((message) => message.command === "NOTICE").map((message) => message.params[1] ?? "");

/** False: the server did not let it. */
export async function stay() {
  const told = await ask("ADD", ...own_name().split(" "));
  const token = told.map((line) => /^Device token (\S+)$/.exec(line)?.[1]).find(Boolean);
  if (!token) return false;
  remember("device", `${my_account.value} ${token}`);
  session.identity = { ...session.identity, account: my_account.value, token, password: undefined, stays: false };
  // So the server knows this connection as that device's, and ends it with that.
  session.send("AUTHENTICATE", "OAUTHBEARER");
  return true;
}

export function forget_device() {
  remember("device", "");
  session.identity = { ...session.identity, token: undefined };
}

/** Not any more: on the server, too, where there is a connection. */
export function stay_no_more() {
  const kept = kept_device();
  if (kept) session.send("NS", "DEVICES", "END", kept.token.split(".")[0]);
  forget_device();
}

/** @returns {Promise<Device[]>} */
export async function ask_devices() {
  const found = (await ask()).map((line) => /^Device (\S+) seen ([^\s,:]+:\d\d:[\d.]+Z)(, this one)?: (.*)$/.exec(line));
  return found.flatMap((parts) => (parts ? [{ id: parts[1], seen: Date.parse(parts[2]), is_this: Boolean(parts[3]) || parts[1] === kept_device()?.token.split(".")[0], name: parts[4] }] : []));
}

/** @param {string} id */
export const end_device = (id) => ask("END", id);
