/** The configuration file: YAML whose keys are the names of flags. */
@NullMarked
package dev.corral.server.configuration;

import org.jspecify.annotations.NullMarked;
