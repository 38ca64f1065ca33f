// The page without its server (a service worker): the files that it is made of are kept, so that it opens.
//
// Who has a connection gets what the server has now. A newer worker takes over when no page is open any more: at the next start.

import { made } from "./made.js";

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
