package dev.corral.testing;

/** A chat template that knows tools and thoughts, in the way of Hermes and its kin. */
public final class ToolTemplate {

    /** Calls are {@code <tool_call>} with JSON; thoughts are {@code <think>}, which {@code enable_thinking} turns off. */
    public static final String THINKING = source("""
            {%- if message.reasoning_content %}{{ '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}{% endif %}""", """
            {%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}""");

    /** The same without thoughts. */
    public static final String PLAIN = source("", "");

    private ToolTemplate() {}

    private static String source(String thoughts, String unthinking) {
        return """
                {%- if tools %}
                {{- '<|im_start|>system\\nYou may call functions:\\n' }}
                {%- for tool in tools %}{{- tool | tojson }}{{- '\\n' }}{%- endfor %}
                {{- 'A call is <tool_call>\\n{"name": ..., "arguments": ...}\\n</tool_call><|im_end|>\\n' }}
                {%- endif %}
                {%- for message in messages %}
                {%- if message.role == 'tool' %}
                {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
                {%- elif message.role == 'assistant' %}
                {{- '<|im_start|>assistant\\n' }}
                """ + thoughts + """

                {%- if message.content %}{{- message.content }}{%- endif %}
                {%- if message.tool_calls %}
                {%- for call in message.tool_calls %}
                {{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
                {{- call.function.arguments | tojson }}
                {{- '}\\n</tool_call>' }}
                {%- endfor %}
                {%- endif %}
                {{- '<|im_end|>\\n' }}
                {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
                {%- endif %}
                {%- endfor %}
                {%- if add_generation_prompt %}
                {{- '<|im_start|>assistant\\n' }}
                """ + unthinking + "{%- endif %}";
    }
}
