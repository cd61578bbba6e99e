package dev.corral.server.operations;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An OpenAPI document as a page that needs nothing else: no script, no other host. */
final class DocsPage {

    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Corral: what it answers</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            code, pre { font: 13px/1.5 ui-monospace, monospace; }
            pre { overflow-x: auto; padding: .6rem; border: 1px solid #8884; border-radius: 4px; }
            table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8883; vertical-align: top; }
            details { border-top: 1px solid #8885; padding: .5rem 0; }
            summary { cursor: pointer; }
            .verb { display: inline-block; min-width: 3.5rem; font-weight: 600; }
            </style>
            </head>
            <body>
            """;

    private final StringBuilder page = new StringBuilder(HEAD);

    private DocsPage() {}

    static String of(JsonNode openApi) {
        DocsPage writer = new DocsPage();
        writer.write(openApi);
        return writer.page.toString();
    }

    private void write(JsonNode openApi) {
        page.append("<h1>").append(escaped(openApi.at("/info/title").asText())).append("</h1>\n<p>");
        page.append(escaped(openApi.at("/info/description").asText()));
        page.append(" For programs: <a href=\"openapi.json\">openapi.json</a>.</p>\n");
        for (Map.Entry<String, JsonNode> path : openApi.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                operation(operation.getKey(), path.getKey(), operation.getValue());
            }
        }
        page.append("</body>\n</html>\n");
    }

    private void operation(String verb, String path, JsonNode operation) {
        page.append("<details><summary><code><span class=\"verb\">")
                .append(escaped(verb.toUpperCase(Locale.ROOT)))
                .append("</span>")
                .append(escaped(path))
                .append("</code> ")
                .append(escaped(operation.path("summary").asText()))
                .append("</summary>\n");
        if (!operation.path("parameters").isEmpty()) {
            openTable("Parameter");
            for (JsonNode parameter : operation.path("parameters")) {
                String where = parameter.path("in").asText();
                row(
                        parameter.path("name").asText() + " (" + where + ")",
                        parameter.path("schema"),
                        where.equals("path"));
            }
            page.append("</table>\n");
        }
        JsonNode body = operation.at("/requestBody/content/application~1json");
        if (!body.isMissingNode()) {
            openTable("Field");
            rows("", body.path("schema"));
            rows("[].", body.at("/schema/items"));
            page.append("</table>\n");
            for (JsonNode example : body.path("examples")) {
                page.append("<pre>")
                        .append(escaped(example.path("value").toPrettyString()))
                        .append("</pre>\n");
            }
        }
        page.append("</details>\n");
    }

    private void openTable(String first) {
        page.append("<table><tr><th>").append(first).append("</th><th>Type</th><th>Range</th><th>Default</th></tr>\n");
    }

    private void rows(String prefix, JsonNode schema) {
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String name = prefix + property.getKey();
            row(name, property.getValue(), required.contains(property.getKey()));
            rows(name + ".", property.getValue());
            rows(name + "[].", property.getValue().path("items"));
        }
    }

    private void row(String name, JsonNode schema, boolean required) {
        page.append("<tr><td><code>")
                .append(escaped(name))
                .append("</code>")
                .append(required ? " (required)" : "")
                .append("</td><td>")
                .append(escaped(type(schema)))
                .append("</td><td>")
                .append(escaped(range(schema)))
                .append("</td><td>")
                .append(escaped(schema.path("default").asText("")))
                .append("</td></tr>\n");
    }

    private static String type(JsonNode schema) {
        List<String> types = new ArrayList<>();
        if (schema.has("anyOf")) {
            schema.path("anyOf").forEach(choice -> types.add(type(choice)));
        } else if (schema.path("type").isArray()) {
            schema.path("type").forEach(type -> types.add(type.asText()));
        } else if (schema.has("type")) {
            types.add(schema.path("type").asText());
        }
        types.remove("null");
        return types.isEmpty() ? "any" : String.join(" or ", types);
    }

    private static String range(JsonNode schema) {
        if (schema.has("enum")) {
            List<String> values = new ArrayList<>();
            schema.path("enum").forEach(value -> values.add(value.asText()));
            return String.join(", ", values);
        }
        return schema.has("minimum")
                ? schema.path("minimum").asText() + " to "
                        + schema.path("maximum").asText()
                : "";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
