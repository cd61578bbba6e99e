"use strict";

// A dialogue by WebSocket. The session is the connection; when it ends, the next message opens another one and says
// everything again, which the server finds in its cache.

const config = JSON.parse(document.getElementById("config").textContent);
const element = id => document.getElementById(id);
const INITIAL_LENGTH = 512;
const LONGER = 4;

let model = config.defaultModel;
let socket = null;
let sessionLength = INITIAL_LENGTH;
let said = "";       // the whole dialogue as the model has seen it
let unsent = "";     // what of it this session has not been told
let answering = null;

for (const key of Object.keys(config.modelConfigs)) {
  element("model").add(new Option(config.modelConfigs[key].frontend.name || key, key, false, key === model));
}

function settings() {
  return config.modelConfigs[model];
}

function status(text) {
  element("status").textContent = text;
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
  element("stop").hidden = answering === null;
  element("send").hidden = answering !== null;
}

function closeSession() {
  if (socket !== null) {
    socket.onclose = socket.onmessage = socket.onerror = null;
    socket.close();
    socket = null;
  }
  unsent = said;
}

function open() {
  const address = new URL("/api/v2/generate", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(address);
  const length = Math.min(sessionLength, settings().chat.max_session_length);
  socket.onopen = () => {
    socket.send(JSON.stringify({type: "open_inference_session", model: settings().backend.key, max_length: length}));
    generate();
  };
  socket.onmessage = event => receive(JSON.parse(event.data));
  socket.onclose = () => {
    closeSession();
    if (answering !== null) {
      fail("The connection was lost");
    }
  };
}

function generate() {
  const chat = settings().chat;
  socket.send(JSON.stringify({
    type: "generate",
    inputs: unsent,
    max_new_tokens: 1,
    stop_sequence: chat.stop_token,
    extra_stop_sequences: chat.extra_stop_sequences,
    ...chat.generation_params,
  }));
  unsent = "";
}

function receive(message) {
  if (!message.ok) {
    failed(message.traceback);
    return;
  }
  if (message.outputs === undefined) {
    status("Reading");
    return;
  }
  status("");
  said += message.outputs;
  answering.text += message.outputs;
  answering.tokens += message.token_count;
  let shown = answering.text;
  if (message.stop) {
    for (const end of [settings().chat.stop_token, ...settings().chat.extra_stop_sequences]) {
      if (shown.endsWith(end)) {
        shown = shown.slice(0, -end.length);
      }
    }
    const seconds = (performance.now() - answering.begun) / 1000;
    status((answering.tokens / seconds).toFixed(1) + " tokens/s");
  }
  answering.turn.textContent = shown.trim();
  answering.turn.scrollIntoView({block: "end"});
  if (message.stop) {
    answering = null;
    showButtons();
  }
}

function failed(traceback) {
  closeSession();
  if (/Maximum length exceeded/.test(traceback) && sessionLength < settings().chat.max_session_length) {
    sessionLength *= LONGER;
    status("Going on in a longer session");
    open();
  } else if (/Session .+ expired/.test(traceback)) {
    open();
  } else if (/attention cache is full/.test(traceback)) {
    fail("The server is busy; try again in a moment");
  } else {
    fail(traceback.trim().split("\n").pop());
  }
}

function fail(text) {
  addTurn("error", text);
  answering = null;
  status("");
  showButtons();
}

function ask(text) {
  const separator = settings().chat.sep_token;
  const turn = (said === "" ? "" : said.endsWith(separator) ? "" : separator) + "Human: " + text + separator + "Assistant:";
  said += turn;
  unsent += turn;
  addTurn("user", text);
  answering = {turn: addTurn("model", "…"), text: "", tokens: 0, begun: performance.now()};
  status("Waiting");
  showButtons();
  if (socket !== null && socket.readyState === WebSocket.OPEN) {
    generate();
  } else {
    closeSession();
    open();
  }
}

element("form").addEventListener("submit", event => {
  event.preventDefault();
  const text = element("input").value.trim();
  if (text !== "" && answering === null) {
    element("input").value = "";
    ask(text);
  }
});

element("input").addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    element("form").requestSubmit();
  }
});

element("stop").addEventListener("click", () => {
  closeSession();
  answering = null;
  status("Stopped");
  showButtons();
});

function reset() {
  closeSession();
  said = unsent = "";
  sessionLength = INITIAL_LENGTH;
  answering = null;
  element("dialogue").replaceChildren();
  status("");
  showButtons();
}

element("reset").addEventListener("click", reset);
element("model").addEventListener("change", () => {
  model = element("model").value;
  reset();
});
