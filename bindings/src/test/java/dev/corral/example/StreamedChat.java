package dev.corral.example;

import dev.corral.engine.Chat;
import dev.corral.engine.local.LocalEngine;
import java.nio.file.Path;

public class StreamedChat {
    public static void main(String[] args) throws Exception {
        try (LocalEngine engine = LocalEngine.open(Path.of(args[0]))) {
            new Chat(engine).say("Name three rivers.", System.out::print);
        }
    }
}
