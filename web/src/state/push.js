// Being told of what one misses while the page is closed (Web Push, soju.im/webpush): the browser gives an address at its push
// service, and keys, which the server is told; the page's worker shows what comes (worker.js).

import { my_account, session } from "./chat.js";
import { recall } from "./memory.js";

/** For those with an account, who stay in the chat meanwhile. */
export const can_push = () => session.isupport.has("VAPID") && my_account.value !== "" && "PushManager" in window && "serviceWorker" in navigator;

/** @param {string} text base64 for URLs */
const bytes_of = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
/** @param {ArrayBuffer | null} bytes */
const text_of = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** @param {PushManager} at */
async function subscribe(at) {
  const key = bytes_of(session.isupport.get("VAPID") ?? "");
  const kept = await at.getSubscription();
  // Of another server's key, as after its store is gone, it is of no use.
  if (kept && text_of(kept.options.applicationServerKey) !== text_of(key.buffer)) await kept.unsubscribe();
  return at.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** Where notifications are wanted. The service may have ended what was agreed, so it is agreed each time anew. */
export async function begin_push() {
  if (!can_push() || recall("notify") !== "yes" || Notification.permission !== "granted") return;
  try {
    const worker = await navigator.serviceWorker.ready;
    const one = await subscribe(worker.pushManager);
    session.ask_quietly(["WEBPUSH", "REGISTER", one.endpoint, `p256dh=${text_of(one.getKey("p256dh"))};auth=${text_of(one.getKey("auth"))}`]);
    // Who is not in the chat is told nothing.
    session.ask_quietly(["NS", "SET", "ALWAYS-ON", "on"]);
  } catch {
    // There is no push service that can be reached; an open page tells still.
  }
}

export async function end_push() {
  if (!("serviceWorker" in navigator)) return;
  const worker = await navigator.serviceWorker.getRegistration();
  const one = await worker?.pushManager?.getSubscription();
  if (!one) return;
  session.send("WEBPUSH", "UNREGISTER", one.endpoint);
  await one.unsubscribe();
}
