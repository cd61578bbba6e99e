package dev.corral.llama;

import dev.corral.llama.NativeLog.Level;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For tests that make llama.cpp complain: its words are not shown. */
final class QuietNativeLog implements BeforeAllCallback, AfterAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
        NativeLog.route(Level.ERROR, line -> {});
    }

    @Override
    public void afterAll(ExtensionContext context) {
        NativeLog.reset();
    }
}
