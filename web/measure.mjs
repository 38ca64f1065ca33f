// What the page costs until one can type:  node measure.mjs [http://HOST:8000/]
//
// Bytes as they come (with their heads), requests (the WebSocket is one), and the first paint on a slow 4G (1.6 Mbit/s, 150 ms: Lighthouse's),
// the best and the median of nine visits with nothing in the cache. Of a server at 127.0.0.1, which gets br as one that speaks https does.
import { chromium } from "playwright-core";

const address = process.argv[2] ?? "http://127.0.0.1:8000/";
const visits = 9;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

async function visit(/** @type {number} */ number) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 });
  let bytes = 0;
  let requests = 0;
  devtools.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  devtools.on("Network.requestWillBeSent", () => requests++);
  devtools.on("Network.webSocketCreated", () => requests++);
  await page.goto(address, { waitUntil: "load" });
  await page.waitForSelector("input[name=nick]");
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
  const field = await page.evaluate(() => performance.now());
  await page.fill("input[name=nick]", `visitor${number}`);
  await page.press("input[name=nick]", "Enter");
  await page.waitForSelector("#say");
  await context.close();
  return { bytes, requests, paint, field };
}

const all = [];
for (let i = 0; i < visits; i++) all.push(await visit(i));
await browser.close();
all.sort((a, b) => a.paint - b.paint);
const ms = (/** @type {number} */ time) => `${Math.round(time)} ms`;
console.log(`bytes        ${Math.max(...all.map((one) => one.bytes))}`);
console.log(`requests     ${Math.max(...all.map((one) => one.requests))}, with the WebSocket`);
console.log(`first paint  ${ms(all[0].paint)} at best, ${ms(all[visits >> 1].paint)} in the middle`);
console.log(`one field    ${ms(all[visits >> 1].field)} in the middle`);
