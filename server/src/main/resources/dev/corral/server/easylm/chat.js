"use strict";

// A dialogue by POST /chat. The server keeps nothing of it: each answer brings the context for the next.

const config = JSON.parse(document.getElementById("config").textContent);
const element = id => document.getElementById(id);
const KEY = "corral.key"; // where the server's chat page keeps it, too

let context = "";
let last = null;      // the last turn: what was asked, and the context before it
let waiting = null;

element("notes").textContent = config.notes;
element("temperature").value = config.temperature;
showTemperature();

function showTemperature() {
  element("shown").textContent = Number(element("temperature").value).toFixed(2);
}

function key() {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

function addTurn(kind, text) {
  const turn = document.createElement("div");
  turn.className = "turn " + kind;
  turn.dir = "auto";
  turn.textContent = text;
  element("dialogue").append(turn);
  turn.scrollIntoView({block: "end"});
  return turn;
}

function showButtons() {
  element("send").disabled = waiting !== null;
  element("regenerate").disabled = waiting !== null || last === null;
}

/** What went wrong, in the server's words. */
function wordsOf(detail) {
  return typeof detail === "string" ? detail : detail[0].loc.slice(1).join(".") + ": " + detail[0].msg;
}

async function ask(prompt, before, turn) {
  last = {prompt, before, turn};
  waiting = new AbortController();
  showButtons();
  turn.className = "turn model";
  turn.removeAttribute("role");
  turn.textContent = "…";
  element("status").textContent = "The model is answering";
  const mine = waiting;
  try {
    const response = await fetch("chat", {
      method: "POST",
      headers: {"Content-Type": "application/json", ...(key() ? {Authorization: "Bearer " + key()} : {})},
      body: JSON.stringify({prompt, context: before, temperature: Number(element("temperature").value)}),
      signal: mine.signal,
    });
    const answer = await response.json();
    if (response.status === 401) {
      askForKey();
    }
    if (!response.ok) {
      throw new Error(wordsOf(answer.detail));
    }
    context = answer.context;
    turn.textContent = answer.response.trim();
    element("status").textContent = "The answer is complete";
  } catch (error) {
    if (!mine.signal.aborted) {
      turn.className = "turn error";
      turn.role = "alert";
      turn.textContent = error instanceof TypeError ? "The server can’t be reached" : error.message;
    }
  }
  turn.scrollIntoView({block: "end"});
  if (waiting === mine) {
    waiting = null;
  }
  showButtons();
}

function askForKey() {
  element("key-text").textContent = key() ? "The server did not accept this key." : "This server answers only with a key.";
  element("asking").showModal();
}

element("key-form").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem(KEY, element("key").value.trim());
  element("asking").close();
  element("key").value = "";
  if (last !== null && waiting === null) {
    ask(last.prompt, last.before, last.turn);
  }
});

element("form").addEventListener("submit", event => {
  event.preventDefault();
  const prompt = element("input").value.trim();
  if (prompt !== "" && waiting === null) {
    element("input").value = "";
    addTurn("user", prompt);
    ask(prompt, context, addTurn("model", ""));
  }
});

element("input").addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    element("form").requestSubmit();
  }
});

element("regenerate").addEventListener("click", () => ask(last.prompt, last.before, last.turn));

element("reset").addEventListener("click", () => {
  if (waiting !== null) {
    waiting.abort();
    waiting = null;
  }
  context = "";
  last = null;
  element("dialogue").replaceChildren();
  showButtons();
  element("input").focus();
});

element("temperature").addEventListener("input", showTemperature);
