"use strict";

// A dialogue by POST /chat. The server keeps nothing of it: each answer brings the context for the next.

const config = JSON.parse(document.getElementById("config").textContent);
const element = id => document.getElementById(id);

let context = "";
let last = null;      // the last turn: what was asked, and the context before it
let waiting = null;

element("notes").textContent = config.notes;
element("temperature").value = config.temperature;
showTemperature();

function showTemperature() {
  element("shown").textContent = Number(element("temperature").value).toFixed(2);
}

function addTurn(kind, text) {
  const turn = document.createElement("div");
  turn.className = "turn " + kind;
  turn.textContent = text;
  element("dialogue").append(turn);
  turn.scrollIntoView({block: "end"});
  return turn;
}

function showButtons() {
  element("send").disabled = waiting !== null;
  element("regenerate").disabled = waiting !== null || last === null;
}

async function ask(prompt, before, turn) {
  last = {prompt, before, turn};
  waiting = new AbortController();
  showButtons();
  turn.className = "turn model";
  turn.textContent = "…";
  const mine = waiting;
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({prompt, context: before, temperature: Number(element("temperature").value)}),
      signal: mine.signal,
    });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(typeof answer.detail === "string" ? answer.detail : answer.detail[0].msg);
    }
    context = answer.context;
    turn.textContent = answer.response.trim();
  } catch (error) {
    if (!mine.signal.aborted) {
      turn.className = "turn error";
      turn.textContent = error.message;
    }
  }
  if (waiting === mine) {
    waiting = null;
  }
  showButtons();
}

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
});

element("temperature").addEventListener("input", showTemperature);
