// "Keep session?" as a dialog of the page.

const STYLE = `
dialog { box-sizing: border-box; width: min(26rem, calc(100vw - 2rem)); padding: 24px; border: 0; border-radius: 12px;
  background: #fff; color: #1b1f1f; font: 16px/1.5 system-ui, sans-serif; box-shadow: 0 12px 40px #0004; }
dialog::backdrop { background: #0b14148c; }
h2 { margin: 0 0 8px; font-size: 20px; line-height: 28px; }
p { margin: 0 0 24px; }
time { font-variant-numeric: tabular-nums; font-weight: 600; }
div { display: flex; justify-content: flex-end; gap: 8px; }
button { min-width: 88px; min-height: 40px; padding: 0 16px; border: 1px solid #8a9593; border-radius: 8px; background: none;
  color: inherit; font: inherit; cursor: pointer; }
button.yes { border-color: #0b6462; background: #0b6462; color: #fff; }
button:focus-visible { outline: 2px solid #0b6462; outline-offset: 2px; }
button:disabled { cursor: default; opacity: .55; }
@media (prefers-color-scheme: dark) {
  dialog { background: #1d2423; color: #e8eeed; }
  button.yes { border-color: #5cc4bb; background: #5cc4bb; color: #06211f; }
  button:focus-visible { outline-color: #5cc4bb; }
}
@media (forced-colors: active) { dialog { border: 1px solid; } }`;

export const TEXTS = {
  title: "Keep session?",
  text: "You will be signed out in {time}.",
  yes: "Yes",
  no: "No",
  failed: "That did not work. Try again: you will be signed out in {time}.",
};

/** Keys and clicks that were meant for the page below do not answer. */
const DEAD = 700;

/** Minutes and seconds. */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/** Seconds until a time, which never go below zero. */
export const secondsUntil = (time) => Math.max(0, Math.ceil((time - Date.now()) / 1000));

/** The dialog. `yes` and `no` answer, and `close` closes it without an answer. */
export class Question {
  #host = document.createElement("div");
  #dialog;
  #time;
  #timer;

  constructor({ endsAt, texts, yes, no }) {
    const words = { ...TEXTS, ...texts };
    const root = this.#host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const make = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
    this.#dialog = make("dialog", "");
    this.#dialog.setAttribute("role", "alertdialog");
    this.#dialog.setAttribute("aria-labelledby", "title");
    this.#dialog.setAttribute("aria-describedby", "text");
    // Escape is no answer: the dialog cannot be lost by accident.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#time = make("time", "");
    // A screen reader reads the time once, and not each second.
    this.#time.setAttribute("aria-live", "off");
    const text = make("p", "", { id: "text" });
    const say = (words) => {
      const [before, after = ""] = words.split("{time}");
      text.replaceChildren(before, this.#time, after);
    };
    say(words.text);
    const buttons = [make("button", words.no, { className: "no" }), make("button", words.yes, { className: "yes", autofocus: true })];
    const enable = (on) => buttons.forEach((button) => (button.disabled = !on));
    const answers = [no, yes];
    buttons.forEach((button, index) => {
      button.addEventListener("click", async () => {
        enable(false);
        try {
          await answers[index]();
        } catch {
          say(words.failed);
          enable(true);
        }
      });
    });
    const row = make("div", "");
    row.append(...buttons);
    this.#dialog.append(make("h2", words.title, { id: "title" }), text, row);
    root.append(this.#dialog);
    this.update(endsAt);
    document.body.append(this.#host);
    this.#dialog.showModal();
    enable(false);
    setTimeout(() => {
      enable(true);
      buttons[1].focus();
    }, DEAD);
  }

  update(endsAt) {
    clearInterval(this.#timer);
    const show = () => (this.#time.textContent = clock(secondsUntil(endsAt)));
    show();
    this.#timer = setInterval(show, 250);
  }

  close() {
    clearInterval(this.#timer);
    this.#dialog.close();
    this.#host.remove();
  }
}
