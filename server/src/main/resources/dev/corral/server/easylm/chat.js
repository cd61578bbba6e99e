// A dialogue by POST /chat. The server keeps nothing of it: each answer brings the context for the next.

const config = JSON.parse(element("config").textContent);

let context = "";
let last = null;      // the last turn: what was asked, and the context before it
let waiting = null;

element("notes").textContent = config.notes;
element("temperature").value = config.temperature;
showTemperature();

function showTemperature() {
  element("shown").textContent = Number(element("temperature").value).toFixed(2);
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
      headers: {"Content-Type": "application/json", ...authorization()},
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

withKey(() => {
  if (last !== null && waiting === null) {
    ask(last.prompt, last.before, last.turn);
  }
});

whenSent(() => waiting === null, prompt => {
  addTurn("user", prompt);
  ask(prompt, context, addTurn("model", ""));
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
