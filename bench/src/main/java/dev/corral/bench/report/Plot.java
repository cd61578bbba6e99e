package dev.corral.bench.report;

/**
 * A picture of a run.
 *
 * @param file its name, with .svg
 * @param caption what it shows
 * @param svg the picture
 */
public record Plot(String file, String caption, String svg) {}
