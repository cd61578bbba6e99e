package dev.corral.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a hub on this machine. */
class PullTest {

    private static final String REPOSITORY = "acme/tiny-GGUF";
    private static final String Q4 = "tiny-Q4_K_M.gguf";
    private static final String Q8 = "tiny-Q8_0.gguf";
    private static final Download.Patience SHORT =
            new Download.Patience(3, Duration.ofMillis(1), Duration.ofSeconds(20));
    private static final Download.Patience ONE_TRY =
            new Download.Patience(1, Duration.ofMillis(1), Duration.ofSeconds(20));

    @TempDir
    private Path root;

    private HubServer server;
    private ModelFolder folder;
    private final List<String> kept = new ArrayList<>();
    private final byte[] content = random(1, 300_000);

    @BeforeEach
    void listen() throws IOException {
        server = new HubServer(REPOSITORY).with(Q8, random(2, 1000)).with(Q4, content);
        folder = new ModelFolder(root.resolve("models"));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private static byte[] random(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Pull.Pulled pull(String reference) throws InterruptedException {
        return pull(reference, SHORT, Optional.empty());
    }

    private Pull.Pulled pull(String reference, Download.Patience patience, Optional<String> token)
            throws InterruptedException {
        Progress progress = new Progress() {
            @Override
            public void at(String file, long done, long total) {
                assertThat(done).isBetween(0L, total);
            }

            @Override
            public void kept(String file) {
                kept.add(file);
            }
        };
        try (Pull pull = new Pull(folder, new HubSettings(server.address(), token), progress, patience)) {
            return pull.get(ModelReference.parse(reference), true);
        }
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theUsualQuantizationIsTakenWhereNoneIsNamed() throws Exception {
        Pull.Pulled pulled = pull(REPOSITORY);
        assertThat(pulled.file()).hasBinaryContent(content);
        assertThat(pulled.file()).endsWith(Path.of("acme", "tiny-GGUF", Q4));
        assertThat(pulled.projector()).isEmpty();
        assertThat(left()).containsExactly("." + Q4 + ".origin", Q4);
        StoredModel stored = folder.require("acme/tiny-GGUF:Q4_K_M");
        assertThat(stored.origin())
                .contains(new Origin(
                        server.address() + "/" + REPOSITORY + "/resolve/" + HubServer.COMMIT + "/" + Q4,
                        HubServer.sha256(content),
                        content.length));
    }

    @Test
    void aQuantizationIsTakenByItsName() throws Exception {
        assertThat(pull(REPOSITORY + ":q8_0").file()).hasBinaryContent(random(2, 1000));
        assertThatThrownBy(() -> pull(REPOSITORY + ":Q2_K"))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("no model of quantization Q2_K")
                .hasMessageContaining(Q8);
    }

    @Test
    void whatIsThereAlreadyStays() throws Exception {
        pull(REPOSITORY);
        pull(REPOSITORY);
        assertThat(kept).containsExactly(Q4);
        assertThat(server.sentFiles()).hasSize(1);
    }

    @Test
    void aFileThatSomebodyPutThereIsCompared() throws Exception {
        Path file = folder.root().resolve("acme/tiny-GGUF/" + Q4);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        pull(REPOSITORY);
        assertThat(server.sentFiles()).isEmpty();
        Files.write(file, random(9, content.length));
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
    }

    @Test
    void aNewVersionReplacesTheOldOne() throws Exception {
        pull(REPOSITORY);
        byte[] newer = random(3, 200_000);
        server.with(Q4, newer);
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(newer);
    }

    @Test
    void whatBreaksOffGoesOn() throws Exception {
        server.breakAfter(100_000);
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
        assertThat(server.sentFiles())
                .extracting(HubServer.Asked::range)
                .containsExactly(Optional.empty(), Optional.of("bytes=100000-"));
    }

    @Test
    void aLaterRunGoesOn() throws Exception {
        server.breakAfter(100_000);
        assertThatThrownBy(() -> pull(REPOSITORY, ONE_TRY, Optional.empty()))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("Start again to go on where it stopped");
        assertThat(left()).containsExactly(Q4 + ".part", Q4 + ".part.tag");
        assertThat(folder.list()).isEmpty();
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
        assertThat(server.sentFiles().getLast().range()).contains("bytes=100000-");
        assertThat(left()).containsExactly("." + Q4 + ".origin", Q4);
    }

    @Test
    void anotherVersionIsNotPutBehindAnOldBeginning() throws Exception {
        server.breakAfter(100_000);
        assertThatThrownBy(() -> pull(REPOSITORY, ONE_TRY, Optional.empty())).isInstanceOf(HubException.class);
        byte[] newer = random(4, 300_000);
        server.with(Q4, newer);
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(newer);
    }

    @Test
    void aServerThatKnowsNoRangesSendsItAll() throws Exception {
        server.breakAfter(100_000);
        server.ignoreRanges();
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
        assertThat(server.sentFiles()).hasSize(2);
    }

    @Test
    void aBusyServerIsAskedAgain() throws Exception {
        server.fail(2);
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
        server.fail(3);
        assertThatThrownBy(() -> pull(REPOSITORY + ":Q8_0")).hasMessageContaining("HTTP 503");
    }

    @Test
    void aStreamThatStallsIsGivenUp() throws Exception {
        server.stallAfter(100_000);
        Download.Patience hasty = new Download.Patience(2, Duration.ofMillis(1), Duration.ofMillis(200));
        assertThat(pull(REPOSITORY, hasty, Optional.empty()).file()).hasBinaryContent(content);
        assertThat(server.sentFiles()).hasSize(2);
    }

    @Test
    void aWrongChecksumIsToldAndNothingStays() throws Exception {
        byte[] wrong = content.clone();
        wrong[200_000] ^= 1;
        server.send(Q4, wrong);
        assertThatThrownBy(() -> pull(REPOSITORY))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("SHA-256 expected: " + HubServer.sha256(content))
                .hasMessageContaining("SHA-256 found:    " + HubServer.sha256(wrong));
        assertThat(left()).isEmpty();
    }

    @Test
    void aTokenIsAskedForAndToldToTheHubAlone() throws Exception {
        server.requireToken("hf_secret");
        assertThatThrownBy(() -> pull(REPOSITORY))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("HF_TOKEN")
                .hasMessageContaining("Access is restricted");
        assertThatThrownBy(() -> pull(REPOSITORY, SHORT, Optional.of("hf_wrong")))
                .hasMessageContaining("with this token")
                .hasMessageNotContaining("hf_wrong");
        assertThat(pull(REPOSITORY, SHORT, Optional.of("hf_secret")).file()).hasBinaryContent(content);
        assertThat(server.sentFiles())
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
        assertThat(Files.readString(Origin.path(folder.root().resolve("acme/tiny-GGUF/" + Q4))))
                .doesNotContain("secret");
    }

    @Test
    void aRepositoryThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> pull("acme/none")).hasMessageContaining("the repository acme/none does not exist");
    }

    @Test
    void allPartsOfASplitModelCome() throws Exception {
        server.with("big/big-Q5_K_M-00001-of-00002.gguf", random(5, 1000))
                .with("big/big-Q5_K_M-00002-of-00002.gguf", random(6, 2000))
                .with("torn-Q6_K-00001-of-00002.gguf", random(7, 10));
        Pull.Pulled pulled = pull(REPOSITORY + ":Q5_K_M");
        assertThat(pulled.file()).endsWith(Path.of("big", "big-Q5_K_M-00001-of-00002.gguf"));
        assertThat(folder.require("acme/tiny-GGUF:Q5_K_M").bytes()).isEqualTo(3000);
        assertThatThrownBy(() -> pull(REPOSITORY + ":Q6_K"))
                .hasMessageContaining("has no file torn-Q6_K-00002-of-00002.gguf");
    }

    @Test
    void theProjectorThatFitsComes() throws Exception {
        server.with("mmproj-tiny-F16.gguf", random(5, 100)).with("mmproj-tiny-Q8_0.gguf", random(6, 100));
        assertThat(pull(REPOSITORY + ":Q8_0").projector())
                .hasValueSatisfying(file -> assertThat(file).endsWith(Path.of("mmproj-tiny-Q8_0.gguf")));
        assertThat(folder.list()).singleElement().satisfies(model -> {
            assertThat(model.name()).isEqualTo("acme/tiny-GGUF:Q8_0");
            assertThat(model.projector()).isPresent();
        });
    }

    @Test
    void anAddressIsEnough() throws Exception {
        Pull.Pulled pulled = pull(server.fileAddress(Q4).toString());
        assertThat(pulled.file()).isEqualTo(folder.root().resolve(Q4)).hasBinaryContent(content);
        assertThat(folder.require("tiny-Q4_K_M").bytes()).isEqualTo(content.length);
        pull(server.fileAddress(Q4).toString());
        assertThat(kept).containsExactly(Q4);
    }

    @Test
    void anAddressThatHasAnotherFileByNowIsReadFromItsBeginning() throws Exception {
        String address = server.fileAddress(Q4).toString();
        server.breakAfter(100_000);
        assertThatThrownBy(() -> pull(address, ONE_TRY, Optional.empty())).isInstanceOf(HubException.class);
        byte[] newer = random(8, 300_000);
        server.with(Q4, newer);
        assertThat(pull(address).file()).hasBinaryContent(newer);
    }

    @Test
    void anAddressWhosePartsAreCountedBringsThemAll() throws Exception {
        server.with("s-00001-of-00002.gguf", random(5, 10)).with("s-00002-of-00002.gguf", random(6, 20));
        pull(server.fileAddress("s-00001-of-00002.gguf") + "?download=true");
        assertThat(folder.require("s").bytes()).isEqualTo(30);
    }

    @Test
    void aDiskThatIsTooSmallIsToldBeforehand() throws Exception {
        server.claim(Q4, 1L << 60);
        assertThatThrownBy(() -> pull(REPOSITORY))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("the disk is full: " + Q4 + " needs 1048576.0 TiB more")
                .hasMessageContaining("has room for")
                .hasMessageContaining("CORRAL_CACHE");
        assertThat(folder.list()).isEmpty();
    }

    @Test
    void oneAtATimeDownloadsAFile() throws Exception {
        Path target = folder.root().resolve("acme/tiny-GGUF/" + Q4);
        try (PartFile other = PartFile.of(target)) {
            other.begin("x");
            assertThatThrownBy(() -> pull(REPOSITORY)).hasMessageContaining("is being downloaded by another process");
        }
        assertThat(pull(REPOSITORY).file()).hasBinaryContent(content);
    }

    @Test
    void aNameThatLeadsOutOfTheFolderIsRefused() throws Exception {
        server.with("../../evil-Q4_K_M.gguf", random(5, 10));
        assertThatThrownBy(() -> pull(REPOSITORY))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("is not kept");
        assertThat(left()).isEmpty();
    }
}
