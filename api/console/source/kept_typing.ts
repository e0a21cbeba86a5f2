// A form whose rows the server draws anew (`data-redrawn`) can be typed into while its answer is on the way: what was
// typed meanwhile stands in the answer, the cursor where it was; what was pressed or chosen meanwhile is sent after it.
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

type Sent = {
  values: Map<string, string>; // of the form's fields, as they were sent
  cursor: Element | null; // where it was
  pressed: string; // what is to be pressed once the answer is there
  typed: Map<string, string>; // since it was sent
  moved: Control | null; // the field that the cursor went into since
  selection: [number | null, number | null];
  chosen: string; // a list to which the server answers, and whose choice is another since
};

const FORM = "form[data-redrawn]";
let sent: Sent | null = null;

const ofForm = (event: Event) => (event.target as Element).closest?.<HTMLFormElement>(FORM) ?? null;
const isTicked = (control: Control): control is HTMLInputElement => control.type === "checkbox" || control.type === "radio";

// By their names, of which several fields may have the same. Hidden fields are the server's.
function controls(form: HTMLFormElement): Map<string, Control> {
  const found = new Map<string, Control>();
  for (const control of form.querySelectorAll<Control>("input[name]:not([type=hidden]), select[name], textarea[name]")) {
    let place = 0;
    while (found.has(`${place} ${control.name}`)) place += 1;
    found.set(`${place} ${control.name}`, control);
  }
  return found;
}

const valueOf = (control: Control) => (isTicked(control) ? String(control.checked) : control.value);

// A value that the field can't have leaves it as the server drew it.
function put(control: Control, value: string) {
  const before = valueOf(control);
  if (isTicked(control)) control.checked = value === "true";
  else control.value = value;
  if (valueOf(control) !== value && !isTicked(control)) control.value = before;
}

function valuesOf(form: HTMLFormElement): Map<string, string> {
  return new Map([...controls(form)].map(([name, control]) => [name, valueOf(control)]));
}

document.addEventListener("htmx:config:request", (event) => {
  const form = ofForm(event);
  if (!form) return;
  sent = {
    values: valuesOf(form),
    cursor: document.activeElement,
    pressed: "",
    typed: new Map(),
    moved: null,
    selection: [null, null],
    chosen: "",
  };
  // what a button says of a row or a group may give the rows behind it other names: nothing can be typed until then
  form.inert = event.target instanceof HTMLButtonElement && event.target.value.includes(":");
});

for (const kind of ["click", "change"]) {
  const later = (event: Event) => {
    if (!sent || !ofForm(event)) return;
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=deed]");
    if (kind === "click" && button) {
      sent.pressed = button.value;
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (kind === "change" && (event.target as Element).matches("[hx-post]")) {
      event.stopImmediatePropagation();
    }
  };
  document.addEventListener(kind, later, { capture: true });
}

document.addEventListener("htmx:before:swap", (event) => {
  const form = ofForm(event);
  if (!form || !sent) return;
  for (const [name, value] of valuesOf(form)) {
    if (sent.values.get(name) !== value) sent.typed.set(name, value);
  }
  const here = document.activeElement as Control | null;
  if (!here || !form.contains(here) || (here === sent.cursor && !sent.typed.size)) return;
  sent.moved = here;
  try {
    sent.selection = [here.selectionStart, here.selectionEnd];
  } catch {
    // a field without a cursor in it
  }
});

// In the same moment in which the answer was put in.
document.addEventListener("htmx:before:settle", (event) => {
  const form = document.querySelector<HTMLFormElement>(FORM);
  if (!form || !sent || !form.contains(event.target as Node)) return;
  const fields = controls(form);
  for (const [name, value] of sent.typed) {
    const control = fields.get(name);
    if (!control || valueOf(control) === value) continue;
    put(control, value);
    if (valueOf(control) === value && control.matches("[hx-post]")) sent.chosen = name;
  }
  if (!sent.moved) return;
  for (const drawn of form.querySelectorAll("[autofocus]")) drawn.removeAttribute("autofocus");
  const here = document.activeElement as Control;
  const [start, end] = sent.selection;
  if (typeof start === "number" && here.id === sent.moved.id) (here as HTMLInputElement).setSelectionRange(start, end);
});

function goOn() {
  const form = document.querySelector<HTMLFormElement>(FORM);
  if (!form || !sent) return;
  const { pressed, chosen } = sent;
  sent = null;
  form.inert = false;
  // one request is enough: it sends all that the form says
  const buttons = [...form.querySelectorAll<HTMLButtonElement>("button[name=deed]")];
  if (pressed) buttons.findLast((button) => button.value === pressed)?.click();
  else if (chosen) controls(form).get(chosen)?.dispatchEvent(new Event("change", { bubbles: true }));
}

// The second where no answer was put in.
for (const end of ["htmx:after:swap", "htmx:finally:request"]) document.addEventListener(end, goOn);
