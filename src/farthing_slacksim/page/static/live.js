// Keeps the page as the server has it: one open connection sends each part that changed, and only what
// differs is exchanged, so that the place of reading, the focus and what was typed stay.

const body = document.body;
let stream = null;
let seen = readSeen();

function readSeen() {
  try { return JSON.parse(sessionStorage.getItem("seen-" + body.dataset.person)) || {}; } catch { return {}; }
}

function atBottom(box) { return box.scrollHeight - box.scrollTop - box.clientHeight < 60; }

export function toBottom() {
  for (const box of [document.getElementById("scroll"), document.getElementById("thread-scroll")]) {
    if (box && !body.dataset.app) box.scrollTop = box.scrollHeight;
  }
  const newer = document.querySelector(".newer");
  if (newer) newer.hidden = true;
}

function focusMark(region) {
  const active = document.activeElement;
  if (!active || active === body || !region.contains(active)) return null;
  const named = active.closest("[data-action]") || active;
  return {
    id: active.id,
    href: active.getAttribute("href"),
    action: named.dataset.action,
    block: named.dataset.block,
    step: active.dataset.try,
    key: active.closest("[data-key]")?.dataset.key,
  };
}

function refocus(region, mark) {
  if (!mark || region.contains(document.activeElement)) return;
  const quote = (value) => CSS.escape(value);
  const choices = [
    mark.id && "#" + quote(mark.id),
    mark.action && `[data-action="${quote(mark.action)}"][data-block="${quote(mark.block || "")}"]`,
    mark.step && `[data-try="${quote(mark.step)}"]`,
    mark.href && `a[href="${quote(mark.href)}"]`,
  ];
  for (const choice of choices) {
    const found = choice && region.querySelector(choice);
    if (found) { found.focus(); return; }
  }
  const line = mark.key && region.querySelector(`[data-key="${quote(mark.key)}"] .message`);
  if (line) { line.tabIndex = -1; line.focus(); }
}

function mergeKeyed(list, fresh) {
  const known = new Map();
  for (const item of list.children) known.set(item.dataset.key, item);
  let place = list.firstElementChild;
  for (const item of [...fresh.children]) {
    const old = known.get(item.dataset.key);
    known.delete(item.dataset.key);
    const keep = old && old.dataset.hash === item.dataset.hash ? old : item;
    if (old && keep !== old) { if (place === old) place = old.nextElementSibling; old.remove(); }
    if (keep === place) place = place.nextElementSibling;
    else list.insertBefore(keep, place);
  }
  for (const gone of known.values()) gone.remove();
}

function typedIn(form) {
  const typed = new Map();
  for (const field of form.querySelectorAll("[name]")) {
    const many = field.type === "checkbox" || field.type === "radio";
    typed.set(field.name + (many ? "\n" + field.value : ""), many ? field.checked : field.value);
  }
  return typed;
}

function retype(form, typed) {
  for (const field of form.querySelectorAll("[name]")) {
    const many = field.type === "checkbox" || field.type === "radio";
    const value = typed.get(field.name + (many ? "\n" + field.value : ""));
    if (value === undefined) continue;
    if (many) field.checked = value;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
  }
}

function showModal(region, html, mark) {
  const dialog = document.getElementById("modal");
  const scrolled = region.querySelector(".modal-body")?.scrollTop || 0;
  const before = region.querySelector("form");
  const typed = before && typedIn(before);
  const view = before?.dataset.view;
  region.innerHTML = html;
  const form = region.querySelector("form");
  if (!form) { if (dialog.open) dialog.close(); return; }
  const same = view === form.dataset.view;
  if (typed && same) retype(form, typed);
  if (!dialog.open) dialog.showModal();
  const wrong = form.querySelector("[aria-invalid]");
  const first = form.querySelector("[autofocus]") || form.querySelector(".modal-body :is(input, select, textarea)");
  const text = form.querySelector(".modal-body");
  if (wrong) { wrong.focus(); return; }
  if (same) refocus(region, mark);
  if (same && region.contains(document.activeElement)) text.scrollTop = scrolled;
  else (first || text).focus();
}

function exchange(name, hash, html) {
  const region = document.getElementById("region-" + name);
  if (!region || region.dataset.hash === hash) return;
  region.dataset.hash = hash;
  const mark = focusMark(region);
  if (name === "modal") { showModal(region, html, mark); return; }
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const list = region.querySelector("[data-keyed]");
  const freshList = fresh.content.querySelector("[data-keyed]");
  if (list && freshList) mergeKeyed(list, freshList);
  else region.replaceChildren(fresh.content);
  if (name === "try") region.closest("aside").hidden = !region.querySelector(".steps");
  refocus(region, mark);
}

export function countSteps() {
  const count = document.querySelector("[data-try-count]");
  const copy = document.querySelector("[data-try-count-copy]");
  if (copy) copy.textContent = count ? count.textContent : "";
  const toggle = document.querySelector(".try-toggle");
  if (toggle) toggle.hidden = !count;
}

export function markUnread() {
  for (const link of document.querySelectorAll(".side a[data-latest]")) {
    const href = link.getAttribute("href");
    const latest = link.dataset.latest;
    if (link.hasAttribute("aria-current") || !(href in seen)) seen[href] = latest;
    const unread = latest > seen[href];
    link.classList.toggle("unread", unread);
    link.querySelector(".unread-words").textContent = unread ? " (new messages)" : "";
  }
  try { sessionStorage.setItem("seen-" + body.dataset.person, JSON.stringify(seen)); } catch { /* A private window. */ }
}

function take(event) {
  const news = JSON.parse(event.data);
  const box = document.getElementById("scroll");
  const thread = document.getElementById("thread-scroll");
  const wasDown = box && atBottom(box);
  const threadDown = thread && atBottom(thread);
  for (const [name, part] of Object.entries(news.regions)) exchange(name, part.hash, part.html);
  if ("messages" in news.regions) {
    if (wasDown) box.scrollTop = box.scrollHeight;
    else document.querySelector(".newer").hidden = false;
  }
  if ("thread" in news.regions && threadDown) thread.scrollTop = thread.scrollHeight;
  if ("side" in news.regions) markUnread();
  if ("try" in news.regions) countSteps();
  document.querySelector("[data-clock]").textContent = news.clock;
  body.dataset.live = "yes";
}

export function listen() {
  if (stream) stream.close();
  const { here, channel, app, thread } = body.dataset;
  stream = new EventSource(`${here}/live?` + new URLSearchParams({ channel, app, thread }));
  stream.onmessage = take;
  stream.onerror = () => { body.dataset.live = "no"; };
}

// A browser opens only six connections to one place, so a hidden tab gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { stream?.close(); stream = null; } else if (!stream) listen();
});
