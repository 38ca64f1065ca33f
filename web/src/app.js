// What makes an app of the page: the worker that opens it without its server, and the manifest by which it is installed.
// Neither is fetched before one is in the chat: until then there is nothing but what one needs to type.

import { get_room, show } from "./state/chat.js";

/** The one script that is loaded by its name (Trusted Types, Content-Security-Policy: trusted-types). */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("worker", { createScriptURL: () => "/worker.js" });

let is_done = false;

export function become_app() {
  if (is_done) return;
  is_done = true;
  const manifest = document.createElement("link");
  manifest.rel = "manifest";
  manifest.href = "/manifest.webmanifest";
  document.head.append(manifest);
  // Only over https, and on the server's own machine; a certificate that the browser does not trust is not enough.
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.show && show(get_room(String(data.show))));
  navigator.serviceWorker?.register(policy?.createScriptURL("") ?? "/worker.js").catch(() => {});
}
