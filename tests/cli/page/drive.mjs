// Browsers for tests/cli/page_test.py. A line of its input is {"page": NAME, "source": JavaScript, "args": {...}}, which runs with
// `page` (Playwright's), `context`, `browser` and the args; its answer is a line, {"value": ...} or {"error": ...}. A page that is not there
// yet is opened with the `options` of the line.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(process.env.PAGE_MODULES + "/");
const { chromium } = require("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.PAGE_CHROMIUM,
  args: [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    // A mouse, which a machine without a screen need not have: a pointer that is fine (4) and can hover (2).
    "--blink-settings=primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2",
  ],
});
const pages = new Map();
const AsyncFunction = (async () => {}).constructor;
const axe = require.resolve("axe-core");

async function open(options = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  return { page, context, complaints };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { page: name, source, args = {}, options } = JSON.parse(line);
  let answer;
  try {
    if (!pages.has(name)) pages.set(name, await open(options));
    const scope = { ...pages.get(name), browser, axe, ...args };
    answer = { value: (await new AsyncFunction(...Object.keys(scope), source)(...Object.values(scope))) ?? null };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
