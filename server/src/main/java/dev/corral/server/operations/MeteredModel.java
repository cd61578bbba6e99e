package dev.corral.server.operations;

import dev.corral.server.model.ModelGate;

/**
 * A model whose generations are measured.
 *
 * @param name what clients call it
 * @param gate the way to its engine
 * @param meter what its generations are measured with
 */
public record MeteredModel(String name, ModelGate gate, RequestMeter meter) {}
