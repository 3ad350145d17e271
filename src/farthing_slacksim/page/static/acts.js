// Tells the server what the person did, and shows beside it what the server says.

const body = document.body;
let first = Promise.resolve();

/** What a fresh page does before anything else: later acts wait for it. */
export function begin(act) { first = act; return act; }

export async function tell(what, fields = {}) {
  if (what !== "reload") await first;
  try {
    const answer = await fetch(`${body.dataset.here}/do/${what}`, {
      method: "POST",
      headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: new URLSearchParams(fields),
    });
    return await answer.json();
  } catch {
    return { ok: false, notice: "The simulator does not answer: see whether it is still running, then reload." };
  }
}

export function show(notice, sentence) {
  if (!notice) return;
  notice.textContent = sentence || "";
  notice.hidden = !sentence;
}

/** A line under a message for what went wrong with a click in it. */
function noticeFor(surface) {
  if (surface.matches("form")) return surface.querySelector(".form-notice");
  if (surface.matches(".home-view")) return document.querySelector(".home-notice");
  let notice = surface.querySelector(":scope > .message-body > .notice");
  if (!notice) {
    notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    surface.querySelector(".message-body").append(notice);
  }
  return notice;
}

function valueOf(field, within) {
  const type = field.dataset.type;
  if (type === "checkboxes" || type === "radio_buttons") {
    const chosen = [...within.querySelectorAll(`[name="${CSS.escape(field.name)}"]:checked`)].map((box) => box.value);
    return type === "checkboxes" ? chosen : chosen[0] ?? null;
  }
  if (type === "external_select" && field.value) {
    return { text: { type: "plain_text", text: field.selectedOptions[0].textContent, emoji: true }, value: field.value };
  }
  if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
  return field.value === "" ? null : field.value;
}

export function stateOf(surface) {
  const state = {};
  for (const field of surface.querySelectorAll("[data-type][data-action]")) {
    (state[field.dataset.block] ||= {})[field.dataset.action] = valueOf(field, surface);
  }
  return state;
}

function confirmed(template) {
  if (!template) return Promise.resolve(true);
  const dialog = document.getElementById("confirm");
  const row = document.createElement("form");
  row.method = "dialog";
  row.className = "row";
  for (const [value, words, kind] of [["no", template.dataset.deny, "plain"], ["yes", template.dataset.confirm, template.dataset.style]]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = "button " + kind;
    button.textContent = words;
    row.append(button);
  }
  dialog.replaceChildren(template.content.cloneNode(true), row);
  dialog.returnValue = "";
  dialog.showModal();
  row.lastElementChild.focus();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

export async function click(control, value) {
  const surface = control.closest("[data-surface]");
  if (!surface || control.getAttribute("aria-busy") === "true") return;
  const template = control.querySelector("template.confirm") || (control.nextElementSibling?.matches("template.confirm") ? control.nextElementSibling : null);
  if (!(await confirmed(template))) return;
  const menu = control.closest("details[data-menu]");
  if (menu) menu.open = false;
  control.setAttribute("aria-busy", "true");
  const fields = {
    surface: surface.dataset.surface,
    id: surface.dataset.id,
    channel: surface.dataset.channel || "",
    action: control.dataset.action,
    block: control.dataset.block || "",
    value: JSON.stringify(value ?? null),
  };
  if (surface.dataset.surface === "view") fields.state = JSON.stringify(stateOf(surface));
  const answer = await tell("click", fields);
  control.removeAttribute("aria-busy");
  show(noticeFor(surface), answer.ok ? "" : answer.notice);
}

export { valueOf };
