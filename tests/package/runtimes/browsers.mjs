// Browsers, started on a page that reports by itself: no driver is between.
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, start } from "../program.mjs";

const miniBrowser = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** Each: what it is called, its program, the Debian packages that bring it, and how a page is opened with an empty profile. */
export const browserPrograms = [
  {
    name: "Chromium",
    core: true,
    program: "/usr/bin/chromium",
    packages: ["chromium"],
    version: ["/usr/bin/chromium", "--version"],
    open: (url, profile) => [
      "/usr/bin/chromium",
      [
        "--headless",
        "--no-sandbox",
        `--user-data-dir=${profile}`,
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--disable-gpu",
        "--remote-debugging-port=0",
        url,
      ],
    ],
  },
  {
    name: "Firefox",
    program: "/usr/bin/firefox-esr",
    packages: ["firefox-esr"],
    version: ["/usr/bin/firefox-esr", "--version"],
    open: (url, profile) => [
      "/usr/bin/firefox-esr",
      ["--headless", "--no-remote", "--profile", profile, url],
    ],
  },
  {
    name: "WebKitGTK",
    program: miniBrowser,
    packages: ["webkit2gtk-driver", "xvfb", "xauth"],
    version: ["dpkg-query", "-W", "-f", "$" + "{Version}", "libwebkit2gtk-4.1-0"],
    open: (url, profile) => [
      "xvfb-run",
      ["--auto-servernum", miniBrowser, "--private", url],
      { HOME: profile, WEBKIT_DISABLE_COMPOSITING_MODE: "1" },
    ],
  },
];

const places = ["page", "worker", "service-worker"];

export const browsers = () =>
  browserPrograms.flatMap((browser) =>
    places.map((place) => ({
      name: `${browser.name}, ${place.replace("-", " ")}`,
      core: browser.core && place === "page",
      needs: browser,
      version: () => versionOf(browser),
      run: (stage) => {
        const name = `${browser.name}-${place}`;
        const page = `${stage.service.baseUrl}/site/page.html?in=${place}`;
        return inBrowser(browser, page, stage, name);
      },
    })),
  );

export const [chromium] = browserPrograms;

export async function versionOf({ version: [command, ...args] }) {
  return /\d+(\.\d+)+/.exec((await run(command, args)).output)[0];
}

/** Opens a page and waits for its report. */
export async function inBrowser({ open }, page, { service, scratch, reportOf }, name) {
  const profile = mkdtempSync(join(scratch, `profile-`));
  writeFileSync(join(profile, "user.js"), quietFirefox);
  const url = `${page}${page.includes("?") ? "&" : "?"}run=${name}&apiKey=${service.apiKey}`;
  const [command, args, env] = open(url, profile);
  const program = start(command, args, { env: { ...process.env, ...env }, detached: true });
  try {
    return await Promise.race([
      reportOf(name),
      program.ended.then((code) => {
        throw new Error(
          `${command} ended with ${code} before the page reported\n${program.errors()}`,
        );
      }),
    ]);
  } catch (error) {
    throw new Error(`${error.message}\n${program.errors().slice(-1000)}`);
  } finally {
    await program.stop();
  }
}

const quietFirefox = [
  "browser.shell.checkDefaultBrowser",
  "browser.aboutwelcome.enabled",
  "datareporting.policy.dataSubmissionEnabled",
  "toolkit.telemetry.enabled",
  "app.update.enabled",
  "network.captive-portal-service.enabled",
  "network.connectivity-service.enabled",
]
  .map((name) => `user_pref("${name}", false);`)
  .join("\n");
