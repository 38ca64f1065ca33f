// Makes docs/page-*.png:  node screenshots.mjs PATH-OF-PARLANCE
import { chromium } from "playwright-core";
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const docs = join(dirname(fileURLToPath(import.meta.url)), "..", "docs");
const folder = await mkdtemp(join(tmpdir(), "screenshots-"));
const server = spawn(process.argv[2], ["serve", "--data", folder, "--rate", "0", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
let address = "";
for await (const line of createInterface({ input: server.stdout })) {
  address = /http:\S+/.exec(line)?.[0] ?? "";
  if (address) break;
}
const port = Number(new URL(address).port);

/** Somebody at an IRC client, who says lines and stays. */
async function person(/** @type {string} */ nick, /** @type {string[]} */ ...lines) {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (data) => (heard += data));
  await once(socket, "connect");
  const settle = async () => {
    const mark = `done${Math.random()}`;
    socket.write(`PING ${mark}\r\n`);
    while (!heard.includes(mark)) await once(socket, "data");
  };
  socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`);
  const say = async (/** @type {string[]} */ ...more) => {
    for (const line of more) socket.write(`${line}\r\n`);
    await settle();
  };
  await say(...lines);
  return { say, end: () => socket.destroy() };
}

const founder = await person("mira", "JOIN #harbour", "TOPIC #harbour :Lighthouse keepers and radio people. Storm watch every evening at eight.", "JOIN #garden,#news");
const others = [];
for (const nick of ["jonas", "yuki", "amara", "olek", "tess", "ravi"]) others.push(await person(nick, "JOIN #harbour", "JOIN #garden"));
await others[4].say("AWAY :tea");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

// The operators' page has its charts of what happens meanwhile.
const [{ token }] = JSON.parse(execFileSync(process.argv[2], ["admin", "--json", "--data", folder, "token", "add", "screenshots", "read"], { encoding: "utf8" })).things;
const operate = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, colorScheme: "light" })).newPage();
await operate.goto(`${address}operate`);
await operate.fill("input[name=token]", token);
await operate.press("input[name=token]", "Enter");
await operate.locator(".chart").first().waitFor();

async function open(/** @type {object} */ options, nick = "alice") {
  const context = await browser.newContext({ locale: "en-GB", deviceScaleFactor: 1, ...options });
  const page = await context.newPage();
  await page.goto(`${address}?join=%23harbour,%23garden,%23news`);
  await page.fill("input[name=nick]", nick);
  await page.press("input[name=nick]", "Enter");
  await page.locator(".room-button", { hasText: "#harbour" }).click();
  return page;
}

const alice = await open({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
await founder.say("PRIVMSG #harbour :Barometer dropped four points since noon. Anybody else?");
await others[0].say("PRIVMSG #harbour :Same here. The swell is already over the outer wall.", "PRIVMSG #harbour :Photos: https://harbour.example/cam/3");
await others[1].say("PRIVMSG #harbour :南からの風が強くなってきました");
await others[5].say("PRIVMSG #harbour :I am on nc from the engine room, by the way. It works :)");
await alice.fill("#say", "Then let us light the second lamp early.\nI can take the first watch.");
await alice.press("#say", "Enter");
await others[2].say("PRIVMSG #harbour :alice: thank you! I relieve you at midnight.");
await others[3].say("PRIVMSG #harbour :\x01ACTION brings soup\x01", "PRIVMSG #garden :alice: the beans are up");
await founder.say("PRIVMSG #news :Ferry cancelled until tomorrow", "PRIVMSG alice :can you check the generator?");
await alice.locator(".said", { hasText: "generator" }).or(alice.locator(".room", { hasText: "mira" })).first().waitFor();
await alice.locator(".said", { hasText: "second lamp" }).waitFor();
const soup = alice.locator(".entry", { hasText: "relieve you" });
await soup.hover();
await alice.getByRole("button", { name: "React" }).click();
await alice.locator(".actions button").nth(1).click();
await alice.locator(".reaction").waitFor();
await alice.focus("#say");
await alice.mouse.move(5, 790);
await alice.screenshot({ animations: "disabled", path: join(docs, "page-light.png") });
await alice.emulateMedia({ colorScheme: "dark" });
await alice.screenshot({ animations: "disabled", path: join(docs, "page-dark.png") });
await alice.setViewportSize({ width: 390, height: 780 });
await alice.screenshot({ animations: "disabled", path: join(docs, "page-phone.png") });
await alice.setViewportSize({ width: 1280, height: 800 });
await alice.emulateMedia({ colorScheme: "light" });
await alice.fill("#say", "/join #night-watch");
await alice.press("#say", "Enter");
await alice.locator(".head h1", { hasText: "#night-watch" }).waitFor();
await alice.getByRole("button", { name: "Room settings" }).click();
await alice.locator("input[name=mode-i]").click();
await alice.fill("input[name=uses]", "30");
await alice.getByRole("button", { name: "Make a link" }).click();
await alice.locator(".invite-links li").waitFor();
// The key of a server that is no more.
await alice.locator(".invite-links").scrollIntoViewIfNeeded();
await alice.screenshot({ animations: "disabled", path: join(docs, "page-settings.png") });

// From right to left, names and rooms, too; the texts of the page are those that it has.
await founder.say("JOIN #الميناء", "TOPIC #الميناء :حراس المنارة وأهل اللاسلكي");
const keeper = await person("سلمى", "JOIN #الميناء");
const reader = await person("נועה", "JOIN #الميناء");
const context = await browser.newContext({ locale: "en-GB", deviceScaleFactor: 1, viewport: { width: 1280, height: 700 }, colorScheme: "light" });
const mirrored = await context.newPage();
await mirrored.addInitScript(() => addEventListener("DOMContentLoaded", () => (document.documentElement.dir = "rtl")));
await mirrored.goto(`${address}?join=${encodeURIComponent("#الميناء")}`);
await mirrored.fill("input[name=nick]", "يوسف");
await mirrored.press("input[name=nick]", "Enter");
await mirrored.locator(".room-button", { hasText: "#الميناء" }).click();
await keeper.say("PRIVMSG #الميناء :الريح تشتد من الجنوب منذ الظهر.", "PRIVMSG #الميناء :يوسف: هل أضأت المصباح الثاني؟");
await reader.say("PRIVMSG #الميناء :הגלים כבר מעל הקיר החיצוני", "PRIVMSG #الميناء :Photos: https://harbour.example/cam/3");
await mirrored.fill("#say", "نعم، وسأبقى حتى منتصف الليل (00:00).");
await mirrored.press("#say", "Enter");
await mirrored.locator(".said", { hasText: "منتصف" }).waitFor();
await mirrored.screenshot({ animations: "disabled", path: join(docs, "page-rtl.png") });
others.push(keeper, reader);

await operate.screenshot({ animations: "disabled", path: join(docs, "page-operate.png") });
await browser.close();
for (const one of [founder, ...others]) one.end();
server.kill();
await once(server, "exit");
await rm(folder, { recursive: true });
