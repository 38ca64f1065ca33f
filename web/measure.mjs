// What the page costs:  node measure.mjs [http://HOST:8000/]    of a server at 127.0.0.1, which gets br as one that speaks https does.
//
// Each visit has nothing in the cache. Here: as it is. Slow: a slow 4G (1.6 Mbit/s, 150 ms: Lighthouse's), on a processor of a quarter of the speed; that
// network is for what is fetched, and none of Chromium's slows a WebSocket down, so of it round trips are counted. Bytes as they come, with their
// heads; the WebSocket is a request.
import { chromium } from "playwright-core";

const address = process.argv[2] ?? "http://127.0.0.1:8000/";
const visits = 9;
const spoken = 25;
const crowd = 100_000;
const slow_4g = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const slower = 4;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--enable-precise-memory-info"] });
const middle = (/** @type {number[]} */ all) => all.toSorted((a, b) => a - b)[all.length >> 1];
const worst = (/** @type {number[]} */ all) => Math.max(...all);
const ms = (/** @type {number} */ time) => `${time < 100 ? time.toFixed(1) : Math.round(time)} ms`;
const row = (/** @type {string} */ what, /** @type {string} */ how) => console.log(`  ${what.padEnd(34)}${how}`);
/** In the middle, and at worst. */
const times = (/** @type {number[]} */ all) => `${ms(middle(all))}, at worst ${ms(worst(all))}`;

/** A window of its own, and what drives it. */
async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  return { context, page, devtools: await context.newCDPSession(page) };
}

async function come_in(/** @type {import("playwright-core").Page} */ page, /** @type {string} */ name) {
  await page.goto(address, { waitUntil: "load" });
  await page.waitForSelector("input[name=nick]");
  await page.fill("input[name=nick]", name);
  await page.press("input[name=nick]", "Enter");
  await page.waitForSelector("#say");
}

/** How long each thing took that one sees on the way in, and what was fetched for it. */
async function visit(/** @type {string} */ name, /** @type {boolean} */ is_slow) {
  const { context, page, devtools } = await open();
  await devtools.send("Network.enable");
  if (is_slow) {
    await devtools.send("Network.emulateNetworkConditions", slow_4g);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
  }
  let bytes = 0;
  let requests = 0;
  let trips = 0;
  let has_heard = true;
  let has_asked = false;
  devtools.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  devtools.on("Network.requestWillBeSent", () => requests++);
  devtools.on("Network.webSocketCreated", () => requests++);
  // What is sent after something was heard, up to where the history is asked for.
  devtools.on("Network.webSocketFrameSent", (event) => {
    if (has_heard && !has_asked) trips++;
    has_heard = false;
    has_asked ||= /^(@\S+ )?CHATHISTORY /.test(event.response.payloadData);
  });
  devtools.on("Network.webSocketFrameReceived", () => (has_heard = true));
  // By the page's own clock: when each is there, and in a frame that was drawn.
  await page.addInitScript(() => {
    const at = /** @type {Record<string, number>} */ ({});
    Object.assign(window, { at });
    const wanted = { field: "input[name=nick]", say: "#say", history: ".log .entry .said" };
    new MutationObserver(() => {
      for (const [what, where] of Object.entries(wanted))
        if (!(what in at) && document.querySelector(where)) {
          at[what] = NaN;
          requestAnimationFrame(() => setTimeout(() => (at[what] = performance.now())));
        }
    }).observe(document, { childList: true, subtree: true });
    addEventListener("keydown", (event) => event.key === "Enter" && (at.asked ??= performance.now()), true);
  });
  await come_in(page, name);
  await page.waitForFunction(() => Reflect.get(window, "at").history > 0);
  const at = await page.evaluate(() => Reflect.get(window, "at"));
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
  await context.close();
  return { bytes, requests, trips, paint, field: at.field, say: at.say - at.asked, history: at.history - at.asked };
}

/** One's own message: from the key until it is in a frame that was drawn, and until it is kept. */
async function say() {
  const { context, page } = await open();
  await come_in(page, "speaker");
  await page.focus("#say");
  await page.evaluate(() => {
    const seen = { pressed: 0, shown: /** @type {number[]} */ ([]), kept: /** @type {number[]} */ ([]), text: "" };
    Object.assign(window, { seen });
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter") return;
      Object.assign(seen, { pressed: performance.now(), text: /** @type {HTMLTextAreaElement} */ (event.target).value });
      const drawn = () => {
        const mine = [...document.querySelectorAll(".log .entry")].filter((entry) => entry.querySelector(".said")?.textContent?.trim() === seen.text);
        // A task that follows a frame: what was there then has been drawn.
        if (mine.length && seen.shown.length === seen.kept.length) seen.shown.push(performance.now() - seen.pressed);
        if (mine.some((entry) => entry.hasAttribute("data-id"))) seen.kept.push(performance.now() - seen.pressed);
        else requestAnimationFrame(() => setTimeout(drawn));
      };
      requestAnimationFrame(() => setTimeout(drawn));
    };
    addEventListener("keydown", pressed, true);
  });
  for (let i = 0; i < spoken; i++) {
    await page.keyboard.type(`message ${i} of this measurement`);
    await page.keyboard.press("Enter");
    await page.waitForFunction((count) => Reflect.get(window, "seen").kept.length > count, i);
    await page.waitForTimeout(1100); // what the server lets one say
  }
  const seen = await page.evaluate(() => Reflect.get(window, "seen"));
  await context.close();
  return seen;
}

/** A room in which very much is said while one looks, as the server would send it, and a look at all of it that the page holds. */
async function scroll() {
  const { context, page, devtools } = await open();
  await page.addInitScript(() => {
    const Own = WebSocket;
    window.WebSocket = class extends Own {
      /** @param {[string, string[]?]} how */
      constructor(...how) {
        super(...how);
        Object.assign(window, { socket: this });
      }
    };
  });
  await come_in(page, "reader");
  await page.waitForSelector(".log .entry .said");
  await devtools.send("HeapProfiler.enable");
  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize / 1e6;
  };
  const before = await heap();
  const came = await page.evaluate(async (count) => {
    const start = performance.now();
    const socket = Reflect.get(window, "socket");
    const room = document.querySelector(".room[aria-current] .room-name, .rooms [aria-current]")?.textContent?.match(/[#&][^\s\d]*/)?.[0] ?? "#lobby";
    for (let i = 0; i < count; i++)
      socket.onmessage({ data: `@time=${new Date(1.7e12 + i * 1000).toISOString()};msgid=m${i} :n${i % 50}!u@h PRIVMSG ${room} :message ${i} ${"word ".repeat(i % 30)}` });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
  }, crowd);
  const { nodes, frames } = await page.evaluate(async () => {
    const log = /** @type {HTMLElement} */ (document.querySelector(".log"));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const all = [];
    let most = 0;
    let last = await frame();
    // By the wheel first, then by dragging the bar through all of it.
    for (let i = 0; i < 600; i++) {
      if (i < 300) log.scrollTop -= 120;
      else log.scrollTop = (log.scrollHeight * (i - 300)) / 300;
      const now = await frame();
      all.push(now - last);
      last = now;
      if (i % 10 === 0) most = Math.max(most, document.querySelectorAll("*").length);
    }
    return { nodes: most, frames: all.slice(1) };
  });
  const after = await heap();
  await context.close();
  return { before, after, came, nodes, frames };
}

await (async () => {
  const { context, page } = await open();
  await come_in(page, "first");
  await page.fill("#say", "what was said before");
  await page.press("#say", "Enter");
  await page.waitForSelector(".log .entry[data-id] .said");
  await context.close();
})();

for (const is_slow of [false, true]) {
  const all = [];
  for (let i = 0; i < visits; i++) all.push(await visit(`visitor${i}`, is_slow));
  const each = (/** @type {keyof typeof all[0]} */ what) => all.map((one) => one[what]);
  console.log(is_slow ? `slow 4G, a processor of 1/${slower}, ${visits} visits` : `here, ${visits} visits`);
  row("bytes", `${worst(each("bytes"))}`);
  row("requests until one can speak", `${worst(each("requests"))}`);
  row("first paint", times(each("paint")));
  row("one can type a name", times(each("field")));
  row("from the name until one can speak", times(each("say")));
  row("from the name until the history", times(each("history")));
  row("round trips until the history", `${worst(each("trips"))}`);
}
const { shown, kept } = await say();
console.log(`one's own message, ${spoken} times`);
row("drawn", times(shown));
row("kept", times(kept));
const room = await scroll();
console.log(`${crowd} messages in a room`);
row("heap", `${room.after.toFixed(1)} MB, ${room.before.toFixed(1)} before they came`);
row("elements", `${room.nodes}`);
row("frames, 600 of scrolling", times(room.frames));
row("the coming in", `${Math.round((room.came / crowd) * 1e6)} ns each`);
await browser.close();
