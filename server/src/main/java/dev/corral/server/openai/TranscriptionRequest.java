package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.MultipartForm;
import dev.corral.server.http.RouteDoc;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code POST /v1/audio/transcriptions} asks for: the words of a sound, of a model that hears.
 *
 * @param model which model, where the request says
 * @param sound what is to be written down
 * @param instruction what the model is told to do
 * @param generate how to write it down; its prompt stands for nothing, {@link #turn} has the one to compute
 * @param plain answer with nothing but the text
 * @param stream answer by events as the text comes
 * @param beat after how long a silence a stream sends a comment
 */
record TranscriptionRequest(
        Optional<String> model,
        MediaFile sound,
        String instruction,
        Generate generate,
        AdapterChoice adapters,
        boolean plain,
        boolean stream,
        Optional<Duration> beat) {

    private static final String FILE = "file";
    private static final String INSTRUCTION = "Transcribe audio to text";

    /** Fields that are text also where they look like a number. */
    private static final Set<String> TEXTS = Set.of("model", "language", "prompt", "response_format");

    /** Models of this family are told so by the system. */
    private static final String FAMILY = "lfm2";

    private static final String ITS_SYSTEM = "Perform ASR.";

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The words of a sound, in the shape of OpenAI's API")
                .streamed()
                .form(
                        fields -> {
                            String file = fields.text(FILE).orElseThrow(() -> fields.missing(FILE));
                            byte[] bytes = file.getBytes(StandardCharsets.ISO_8859_1);
                            read(fields, bytes, defaults, "", 1);
                        },
                        "{'file': 'RIFF\\u0028\\u0000\\u0000\\u0000WAVEfmt \\u0010\\u0000\\u0000\\u0000\\u0001\\u0000"
                                + "\\u0001\\u0000@\\u001f\\u0000\\u0000@\\u001f\\u0000\\u0000\\u0001\\u0000\\u0008\\u0000data"
                                + "\\u0004\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000', 'model': 'default', 'language': 'en', 'prompt': '',"
                                + " 'response_format': 'json', 'temperature': 0, 'stream': false}");
    }

    /** Reads a request. */
    static TranscriptionRequest read(MultipartForm form, Defaults defaults, String caller, int slots) {
        Fields fields = form.fields(TEXTS);
        byte[] file = form.files().get(FILE);
        if (file == null) {
            throw fields.missing(FILE);
        }
        return read(fields, file, defaults, caller, slots);
    }

    private static TranscriptionRequest read(Fields fields, byte[] file, Defaults defaults, String caller, int slots) {
        MediaFile sound = MediaFile.of(FILE, file);
        if (sound.isImage()) {
            throw fields.invalid(FILE, Json.object().put("format", sound.toString()), "must be a sound");
        }
        boolean stream = fields.flag("stream", false);
        return new TranscriptionRequest(
                fields.text("model"),
                sound,
                instruction(fields),
                GenerateFields.read(fields, Prompt.tokens(), defaults, caller, slots)
                        .completions(1),
                AdapterChoice.read(fields),
                plain(fields) && !stream,
                stream,
                GenerateFields.beat(fields, defaults));
    }

    /** A prompt replaces the instruction; a language is added to either. */
    private static String instruction(Fields fields) {
        String asked = fields.text("prompt").filter(text -> !text.isEmpty()).orElse(INSTRUCTION);
        return asked
                + fields.text("language")
                        .filter(text -> !text.isEmpty())
                        .map(language -> " (language: " + language + ")")
                        .orElse("");
    }

    private static boolean plain(Fields fields) {
        String format = fields.text("response_format").orElse("json");
        return switch (format) {
            case "json" -> false;
            case "text" -> true;
            case "srt", "vtt", "verbose_json", "diarized_json" ->
                throw new ApiException(
                        ApiError.Kind.UNSUPPORTED,
                        "'response_format' can't be '" + format + "': models here don't say when a word was spoken");
            default ->
                throw fields.invalid("response_format", fields.json().get("response_format"), "must be json or text");
        };
    }

    /** The same, answered by this model. */
    TranscriptionRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Generate adapted = named.adapters(adapters, engine).map(generate::with).orElse(generate);
        return new TranscriptionRequest(
                Optional.of(named.name()), sound, instruction, adapted, adapters, plain, stream, beat);
    }

    /** The sound in a conversation, rendered by the model's template. */
    ChatTurn turn(Engine engine, Defaults defaults) throws InterruptedException {
        ArrayNode messages = Json.array();
        boolean told = engine.model()
                .metadata()
                .getOrDefault("general.architecture", "")
                .startsWith(FAMILY);
        if (told) {
            messages.addObject().put("role", "system").put("content", ITS_SYSTEM);
        }
        ArrayNode parts = messages.addObject().put("role", "user").putArray("content");
        if (!told || !instruction.startsWith(INSTRUCTION)) {
            parts.addObject().put("type", "text").put("text", instruction);
        }
        parts.add(ChatMedia.marker());
        ChatMedia media = new ChatMedia(List.of(new MediaSource.Given(sound)));
        ChatPrompt conversation = new ChatPrompt(ApplyTemplate.of(messages.toString()), media);
        return ChatTurn.of(conversation, generate, engine, defaults);
    }
}
