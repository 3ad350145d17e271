// The list of slash commands above the line where one types.

function parts(form) {
  return { box: form.querySelector("textarea"), list: form.querySelector(".suggestions") };
}

function shown(list) { return [...list.children].filter((option) => !option.hidden); }

function choose(form, option) {
  const { box, list } = parts(form);
  for (const other of list.children) other.setAttribute("aria-selected", String(other === option));
  if (option) { box.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
  else box.removeAttribute("aria-activedescendant");
}

/** Opens the list while the first word is being typed. */
export function suggest(form) {
  const { box, list } = parts(form);
  if (!list) return;
  const word = box.value;
  const typing = /^\/\S*$/.test(word);
  for (const option of list.children) option.hidden = !typing || !option.dataset.command.startsWith(word);
  const options = shown(list);
  list.hidden = options.length === 0;
  box.setAttribute("aria-expanded", String(!list.hidden));
  choose(form, options[0]);
}

/** Whether a key was for the list. */
export function keys(event, form) {
  const { box, list } = parts(form);
  if (!list || list.hidden) return false;
  const options = shown(list);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
    choose(form, options[next]);
  } else if (event.key === "Escape") {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    choose(form, null);
  } else if (event.key === "Tab" || (event.key === "Enter" && options[at]?.dataset.command !== box.value)) {
    box.value = options[at].dataset.command + " ";
    suggest(form);
  } else return false;
  event.preventDefault();
  return true;
}
