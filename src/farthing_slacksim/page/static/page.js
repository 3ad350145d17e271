// What the person's keys and clicks do.
import { countSteps, listen, markUnread, toBottom } from "./live.js";
import { begin, click, show, stateOf, tell, valueOf } from "./acts.js";
import { keys, suggest } from "./commands.js";

const body = document.body;
const wide = matchMedia("(min-width: 1200px)");
let tryWanted = wide.matches;

function setOpen(name, open) {
  body.classList.toggle(name, open);
  document.querySelector(`[data-toggle="${name}"]`)?.setAttribute("aria-expanded", String(open));
}

function arrange() {
  const roomy = wide.matches && (!body.dataset.thread || innerWidth >= 1500);
  setOpen("try-open", tryWanted && roomy);
  setOpen("menu-open", false);
}

function arrived() {
  arrange();
  markUnread();
  countSteps();
  toBottom();
  listen();
  if (body.dataset.app) tell("home", { app: body.dataset.app });
}

/** Goes to another place without a reload, so that what only this person sees stays until they reload. */
async function go(address, push = true) {
  let answer, text;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
    text = await answer.text();
  } catch { location.href = address; return; }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.querySelector("#middle")) { location.href = address; return; }
  for (const id of ["side", "middle"]) document.getElementById(id).replaceWith(fresh.getElementById(id));
  document.querySelector(".viewing").replaceWith(fresh.querySelector(".viewing"));
  document.getElementById("thread")?.remove();
  const thread = fresh.getElementById("thread");
  if (thread) document.getElementById("middle").after(thread);
  for (const key of ["channel", "app", "thread"]) body.dataset[key] = fresh.body.dataset[key];
  body.classList.toggle("has-thread", Boolean(thread));
  document.title = fresh.title;
  document.querySelector("meta[name=csrf]").content = fresh.querySelector("meta[name=csrf]").content;
  if (push) history.pushState(null, "", answer.url);
  arrived();
  (document.getElementById("thread-composer") || document.getElementById("composer") || document.getElementById("middle")).focus({ preventScroll: true });
}

async function send(form) {
  const box = form.querySelector("textarea");
  const text = box.value;
  if (!text.trim() || form.dataset.sending) return;
  form.dataset.sending = "yes";
  form.querySelector(".busy").hidden = false;
  show(form.querySelector(".notice"), "");
  box.value = "";
  box.rows = 1;
  suggest(form);
  toBottom();
  const answer = await tell("say", { text, channel: body.dataset.channel, thread: form.dataset.thread });
  delete form.dataset.sending;
  form.querySelector(".busy").hidden = true;
  if (!answer.ok) {
    show(form.querySelector(".notice"), answer.notice);
    if (!box.value) box.value = text;
  }
}

async function submit(form) {
  const button = form.querySelector("[type=submit]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const notice = form.querySelector(".form-notice");
  show(notice, "");
  const answer = await tell("submit", { id: form.dataset.view, state: JSON.stringify(stateOf(form)) });
  button.removeAttribute("aria-busy");
  if (!answer.ok && answer.notice) show(document.querySelector("#modal .form-notice"), answer.notice);
}

async function step(button) {
  const notice = document.querySelector(".try > .notice");
  button.setAttribute("aria-busy", "true");
  show(notice, "");
  const answer = await tell("try", { key: button.dataset.try });
  button.removeAttribute("aria-busy");
  notice.classList.toggle("good", answer.ok);
  show(notice, answer.notice);
  notice.scrollIntoView({ block: "nearest" });
}

function turnPage(button) {
  const box = button.closest("[data-pages]");
  const rows = [...box.querySelectorAll("tbody tr")];
  const size = Number(box.dataset.pages);
  const start = Math.max(0, rows.findIndex((row) => !row.hidden) + size * Number(button.dataset.page));
  rows.forEach((row, at) => { row.hidden = at < start || at >= start + size; });
  const end = Math.min(start + size, rows.length);
  box.querySelector("[data-page-text]").textContent = `${start + 1}–${end} of ${rows.length}`;
  box.querySelector('[data-page="-1"]').disabled = start === 0;
  box.querySelector('[data-page="1"]').disabled = end >= rows.length;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button, summary, [role=option]");
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (body.classList.contains("menu-open") && !event.target.closest("#side, .menu-toggle")) setOpen("menu-open", false);
  if (!target) return;
  const plainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (target.matches("a[data-soft]") && plainClick) { event.preventDefault(); go(target.getAttribute("href")); }
  else if (target.matches("[data-click]")) click(target, target.dataset.value);
  else if (target.matches("[data-toggle]")) {
    const name = target.dataset.toggle;
    setOpen(name, !body.classList.contains(name));
    if (name === "try-open") tryWanted = body.classList.contains(name);
  } else if (target.matches("[data-dismiss]")) tell("dismiss", { id: target.dataset.dismiss });
  else if (target.matches("[data-close]")) tell("close", { all: target.dataset.close === "all" ? "yes" : "" });
  else if (target.matches("[data-join]")) tell("join", { channel: target.dataset.join }).then(() => go(location.pathname, false));
  else if (target.matches("[data-try]")) step(target);
  else if (target.matches("[data-page]")) turnPage(target);
  else if (target.matches(".newer")) toBottom();
  else if (target.matches("[data-command]")) {
    const form = target.closest("form");
    form.querySelector("textarea").value = target.dataset.command + " ";
    form.querySelector("textarea").focus();
    suggest(form);
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-composer]")) { event.preventDefault(); send(event.target); }
  else if (event.target.matches(".modal")) { event.preventDefault(); submit(event.target); }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-composer]");
  if (form) {
    event.target.rows = Math.min(8, event.target.value.split("\n").length);
    suggest(form);
  }
  if (event.target.matches("[data-lookup]")) lookUp(event.target);
});

let lookedUp = 0;
async function lookUp(search) {
  const query = search.value;
  const turn = ++lookedUp;
  if (query.length < Number(search.dataset.least)) return;
  await new Promise((done) => setTimeout(done, 200));
  if (turn !== lookedUp) return;
  const answer = await tell("lookup", { action: search.dataset.action, block: search.dataset.block, query });
  if (turn !== lookedUp || !answer.ok) return;
  const select = search.parentElement.querySelector("select");
  select.replaceChildren(...answer.options.map((option) => new Option(option.text.text, option.value)));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-acts]") && !event.target.matches("input[type=text]")) {
    click(event.target, valueOf(event.target, event.target.closest("[data-surface]")));
  }
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (form && keys(event, form)) return;
  if (form && event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(form); return; }
  if (event.key === "Enter" && event.target.matches("input[data-acts][type=text]")) {
    event.preventDefault();
    click(event.target, event.target.value);
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    setOpen("menu-open", false);
    if (!wide.matches) setOpen("try-open", false);
  }
});

// Escape in a form cancels it as its Cancel button does: the server takes it away.
document.getElementById("modal").addEventListener("cancel", (event) => { event.preventDefault(); tell("close"); });
addEventListener("popstate", () => go(location.pathname, false));
wide.addEventListener("change", () => { tryWanted = wide.matches; arrange(); });
document.addEventListener("error", (event) => { if (event.target.tagName === "IMG") event.target.classList.add("no-picture"); }, true);

// A reload takes away what only this person saw, and any open form, as in Slack.
begin(tell("reload")).then(arrived);
(document.getElementById("composer") || body).focus({ preventScroll: true });
toBottom();
