package dev.corral.server.configuration;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A file of settings: keys and values for the server, and under {@code models} the same for each model, by its name.
 *
 * @param settings in the order of the file
 * @param models in the order of the file
 */
public record ConfigurationFile(Path file, List<Setting> settings, List<Model> models) {

    private static final String MODELS = "models";

    /**
     * One of several models.
     *
     * @param name what clients call it
     * @param line of its name, from 1
     */
    public record Model(String name, List<Setting> settings, int line) {
        public Model {
            settings = List.copyOf(settings);
        }
    }

    public ConfigurationFile {
        settings = List.copyOf(settings);
        models = List.copyOf(models);
    }

    /** One that says nothing. */
    public static ConfigurationFile none() {
        return new ConfigurationFile(Path.of(""), List.of(), List.of());
    }

    /** @throws ConfigurationException when it can't be read, or is not made as this class describes it */
    public static ConfigurationFile read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            LoadSettings yaml = LoadSettings.builder().setLabel(file.toString()).build();
            Optional<Node> root = new Compose(yaml).composeReader(reader);
            return root.isEmpty()
                    ? new ConfigurationFile(file, List.of(), List.of())
                    : new Reading(file).of(root.get());
        } catch (IOException e) {
            throw ConfigurationException.at(file, 0, "it can't be read: " + e.getMessage());
        } catch (MarkedYamlEngineException e) {
            throw ConfigurationException.at(
                    file,
                    e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0),
                    "it is no YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw ConfigurationException.at(file, 0, "it is no YAML: " + e.getMessage());
        }
    }

    /** Turns nodes into settings. */
    private record Reading(Path file) {

        private ConfigurationFile of(Node root) {
            Map<String, NodeTuple> entries = entries(root, "the file");
            NodeTuple models = entries.remove(MODELS);
            return new ConfigurationFile(
                    file, settings(entries), models == null ? List.of() : models(models.getValueNode()));
        }

        private List<Model> models(Node node) {
            List<Model> models = new ArrayList<>();
            entries(node, MODELS)
                    .forEach((name, entry) -> models.add(new Model(
                            name,
                            settings(entries(entry.getValueNode(), "the model " + name)),
                            line(entry.getKeyNode()))));
            return models;
        }

        private List<Setting> settings(Map<String, NodeTuple> entries) {
            List<Setting> settings = new ArrayList<>();
            entries.forEach((key, entry) -> {
                List<String> values = values(key, entry.getValueNode());
                if (!values.isEmpty()) {
                    settings.add(new Setting(key, values, line(entry.getKeyNode())));
                }
            });
            return settings;
        }

        /** None for what is left empty, which is as if it were not there. */
        private List<String> values(String key, Node node) {
            return switch (node) {
                case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> List.of();
                case ScalarNode scalar -> List.of(scalar.getValue());
                case SequenceNode sequence ->
                    sequence.getValue().stream()
                            .map(item -> {
                                if (item instanceof ScalarNode scalar) {
                                    return scalar.getValue();
                                }
                                throw wrong(item, "the list of '" + key + "' must hold values, no lists and no keys");
                            })
                            .toList();
                default -> throw wrong(node, "'" + key + "' must be a value or a list of values");
            };
        }

        private Map<String, NodeTuple> entries(Node node, String what) {
            if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL)) {
                return new LinkedHashMap<>();
            }
            if (!(node instanceof MappingNode mapping)) {
                throw wrong(node, what + " must hold keys with values");
            }
            Map<String, NodeTuple> entries = new LinkedHashMap<>();
            Set<String> names = new HashSet<>();
            for (NodeTuple entry : mapping.getValue()) {
                if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                    throw wrong(entry.getKeyNode(), "a key must be a name");
                }
                if (!names.add(key.getValue().replace('_', '-'))) {
                    throw wrong(key, "'" + key.getValue() + "' is there twice");
                }
                entries.put(key.getValue(), entry);
            }
            return entries;
        }

        private ConfigurationException wrong(Node node, String message) {
            return ConfigurationException.at(file, line(node), message);
        }

        private static int line(Node node) {
            return node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
        }
    }
}
