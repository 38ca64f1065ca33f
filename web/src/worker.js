// The page without its server, and while it is closed (a service worker): the files that it is made of are kept, so that it opens;
// and what one misses is told (Web Push).
//
// Who has a connection gets what the server has now. A newer worker takes over when no page is open any more: at the next start.

import { made } from "./made.js";
import { parse } from "./irc/line.js";

const scope = /** @type {any} */ (self);
const kept = `page-${made.version}`;
/** What is the same file for whatever `Accept` asks, and names no room. */
const as_kept = { ignoreSearch: true, ignoreVary: true };
/** The server is waited for so long, in ms; then the page opens as it was. */
const patience = 3000;

async function keep() {
  const files = await caches.open(kept);
  // The server shows the page to those who say that they can show it, and the others how to join.
  await files.addAll(made.files.map((path) => new Request(path, { headers: { Accept: path === "/" ? "text/html" : "*/*" } })));
}

async function drop_older() {
  for (const name of await caches.keys()) if (name.startsWith("page-") && name !== kept) await caches.delete(name);
}

/** @param {Request} asked */
async function open_page(asked) {
  try {
    const answer = await fetch(asked, { signal: AbortSignal.timeout(patience) });
    if (answer.status < 500) return answer; // a redirect, or a refusal, is what it has now
  } catch {
    // It is out of reach.
  }
  return (await caches.match("/", { ...as_kept, cacheName: kept })) ?? Response.error();
}

scope.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(keep()));
scope.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(drop_older()));
scope.addEventListener("fetch", (/** @type {any} */ event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (event.request.mode === "navigate" && pathname === "/") event.respondWith(open_page(event.request));
  else if (pathname.startsWith("/page/")) event.respondWith(caches.match(event.request, as_kept).then((found) => found ?? fetch(event.request)));
});

/** A push is one line of IRC (draft/webpush). @param {any} data */
async function tell(data) {
  const message = parse(data?.text() ?? "");
  const [to = "", text = ""] = message?.params ?? [];
  const from = message?.from ?? "";
  const room = to.startsWith("#") ? to : from;
  const said = text.replace(/^\x01ACTION (.*?)\x01?$/s, `${from} $1`).replace(/[\x00-\x1f\x7f]/g, " ");
  await scope.registration.showNotification(room === from ? from : `${from}, ${room}`, { body: said, tag: room, icon: made.icon, data: room });
}

/** The page that is open, or a new one, at that room. @param {string} room */
async function go_to(room) {
  const url = new URL(`/?join=${encodeURIComponent(room)}`, location.origin).href;
  const open = (await scope.clients.matchAll({ type: "window" })).find((/** @type {any} */ one) => new URL(one.url).pathname === "/");
  if (!open) return room.startsWith("#") ? scope.clients.openWindow(url) : scope.clients.openWindow("/");
  open.postMessage({ show: room });
  return open.focus();
}

scope.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(tell(event.data)));
scope.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(go_to(event.notification.data));
});
