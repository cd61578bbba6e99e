package dev.corral.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.corral.engine.local.model.MemoryNeed;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: dialects, engine, llama, ffi. */
class ArchitectureTest {

    private static JavaClasses all;

    @BeforeAll
    static void read() {
        all = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("dev.corral");
    }

    @Test
    void onlyLlamaUsesFfi() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.corral.ffi..", "dev.corral.llama..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.ffi..")
                .check(all);
    }

    @Test
    void llamaKnowsNothingAboveIt() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.llama..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.corral.engine..", "dev.corral.server..")
                .check(all);
    }

    @Test
    void filesAreJudgedInJavaAlone() {
        classes()
                .that()
                .resideInAPackage("dev.corral.gguf..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("dev.corral.gguf..", "java..", "org.jspecify.annotations..")
                        .as("their own, and Java's"))
                .check(all);
        classes()
                .that()
                .resideInAPackage("dev.corral.media..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("dev.corral.media..", "java..", "org.jspecify.annotations..")
                                .as("their own, and Java's"))
                .check(all);
    }

    @Test
    void theEnginesMessagesKnowNeitherLlamaNorTheServer() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.engine")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.corral.engine.local..", "dev.corral.llama..", "dev.corral.ffi..", "dev.corral.server..")
                .check(all);
    }

    @Test
    void theEngineDoesNotKnowTheServer() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.server..")
                .check(all);
    }

    @Test
    void theRoomsOfTheEngineDoNotKnowWhatIsMadeOfThem() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.engine.local.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.engine.local")
                .check(all);
        slices().matching("dev.corral.engine.local.(*)..")
                .should()
                .beFreeOfCycles()
                .check(all);
    }

    @Test
    void theCacheKnowsTokensAndNotWhoseTheyAre() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.engine.local.cache..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.corral.engine.local..")
                        .and(not(resideInAnyPackage(
                                "dev.corral.engine.local.cache..", "dev.corral.engine.local.media.."))))
                .check(all);
    }

    @Test
    void outsideOfTheEngineOnlyItsDoorIsKnown() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.corral.engine.local..", "dev.corral.bench..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.corral.engine.local..")
                        .and(not(resideInAnyPackage("dev.corral.engine.local", "dev.corral.engine.local.options")))
                        .and(not(assignableTo(MemoryNeed.class))))
                .because("the engine's rooms are public only for each other")
                .check(all);
    }

    @Test
    void theServerKnowsTheEngineOnlyByItsMessages() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.server..")
                .and()
                .doNotHaveFullyQualifiedName("dev.corral.server.worker.LoadFailure") // carries its exception
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.corral.llama..", "dev.corral.ffi..")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("dev.corral.server.*..")
                .and()
                .resideOutsideOfPackages(
                        "dev.corral.server.worker..", "dev.corral.server.flags..", "dev.corral.server.commands..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.engine.local..")
                .because(
                        "only the wiring, its flags and commands, and what runs an engine in another process, name one")
                .check(all);
    }

    @Test
    void dialectsDoNotKnowEachOther() {
        for (String dialect : new String[] {
            "llamacpp", "openai", "anthropic", "ollama", "alpaca", "petals", "easylm", "operations", "page"
        }) {
            classes()
                    .that()
                    .resideInAPackage("dev.corral.server." + dialect + "..")
                    .should()
                    .onlyDependOnClassesThat(resideInAnyPackage(
                                    "dev.corral.server." + dialect + "..",
                                    "dev.corral.server.http..",
                                    "dev.corral.server.generation..",
                                    "dev.corral.server.model..",
                                    "dev.corral.engine",
                                    "com.fasterxml.jackson..",
                                    "java..",
                                    "org.jspecify.annotations..")
                            .as("classes of " + dialect + ", of the common rooms, and messages of the engine"))
                    .check(all);
        }
    }

    @Test
    void theCommonRoomsDoNotKnowTheDialects() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.corral.server.http..",
                        "dev.corral.server.remote..",
                        "dev.corral.server.generation..",
                        "dev.corral.server.model..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.corral.server",
                        "dev.corral.server.commands..",
                        "dev.corral.server.flags..",
                        "dev.corral.server.dialects..",
                        "dev.corral.server.llamacpp..",
                        "dev.corral.server.openai..",
                        "dev.corral.server.alpaca..",
                        "dev.corral.server.anthropic..",
                        "dev.corral.server.ollama..",
                        "dev.corral.server.petals..",
                        "dev.corral.server.easylm..",
                        "dev.corral.server.operations..",
                        "dev.corral.server.page..")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("dev.corral.server.http..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.corral.server.generation..", "dev.corral.server.model..")
                .check(all);
    }

    /** {@code server} → {@code commands} → {@code flags} → {@code dialects} → each dialect → the common rooms. */
    @Test
    void roomsOfTheServerDependOneWay() {
        noClasses()
                .that()
                .resideInAPackage("dev.corral.server.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.server")
                .because("the wiring is what knows the others")
                .check(all);
        slices().matching("dev.corral.server.(*)..").should().beFreeOfCycles().check(all);
        noClasses()
                .that()
                .resideInAPackage("dev.corral.server.flags..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.corral.server.commands..")
                .check(all);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.corral.server", "dev.corral.server.commands..", "dev.corral.server.flags..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .because("a command line is read in one place")
                .check(all);
    }

    @Test
    void onlyTheRoomsOfHttpKnowHelidon() {
        noClasses()
                .that(resideInAPackage("dev.corral..")
                        .and(not(resideInAnyPackage("dev.corral.server.http..", "dev.corral.server.remote.."))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.helidon..")
                .check(all);
    }

    @Test
    void onlyMainTouchesStandardOutput() {
        noClasses()
                .that()
                .areNotAssignableTo(Main.class)
                .and()
                .resideOutsideOfPackage("dev.corral.ffi..") // generated, with a trace that nobody switches on
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(all);
    }
}
