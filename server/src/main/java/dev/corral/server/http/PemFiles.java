package dev.corral.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A private key and its certificate for TLS, in PEM.
 *
 * @param key PKCS#8 or an RSA key in PKCS#1, without a passphrase
 * @param certificate the server's certificate, followed by those that vouch for it
 */
public record PemFiles(Path key, Path certificate) {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----([^-]*)-----END", Pattern.DOTALL);
    private static final byte[] RSA_IDENTIFIER = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

    /** @throws IOException when they can't be read, or don't belong together; the message names the file */
    public void check() throws IOException {
        SSLContext _ = context();
    }

    /** @throws IOException as {@link #check} */
    SSLContext context() throws IOException {
        char[] password = new char[0];
        try {
            Certificate[] chain = chain();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, password);
            store.setKeyEntry("server", privateKey(chain[0].getPublicKey().getAlgorithm()), password, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(key + " and " + certificate + " can't be used for TLS: " + e.getMessage(), e);
        }
    }

    private Certificate[] chain() throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(certificate)) {
            Collection<? extends Certificate> chain =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (chain.isEmpty()) {
                throw new IOException(certificate + " has no certificate");
            }
            return chain.toArray(Certificate[]::new);
        }
    }

    private PrivateKey privateKey(String algorithm) throws IOException, GeneralSecurityException {
        Matcher pem = KEY.matcher(Files.readString(key, StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new IOException(key + " has no private key in PEM");
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(pem.group(2));
        } catch (IllegalArgumentException e) {
            throw new IOException(key + " has a private key that is no Base64", e);
        }
        byte[] pkcs8 = switch (pem.group(1)) {
            case "" -> encoded;
            case "RSA " -> wrapped(encoded);
            default ->
                throw new IOException(key + " has a private key in another form than PKCS#8; convert it with: "
                        + "openssl pkcs8 -topk8 -nodes -in KEY -out NEW");
        };
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (InvalidKeySpecException e) {
            throw new IOException(key + " has no " + algorithm + " key, as " + certificate + " needs", e);
        }
    }

    /** An RSA key of PKCS#1 as one of PKCS#8. */
    private static byte[] wrapped(byte[] pkcs1) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.writeBytes(VERSION_0);
        inner.writeBytes(RSA_IDENTIFIER);
        inner.writeBytes(tagged(0x04, pkcs1));
        return tagged(0x30, inner.toByteArray());
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.length;
        if (length < 0x80) {
            out.write(length);
        } else {
            int bytes = (39 - Integer.numberOfLeadingZeros(length)) / 8;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(length >>> (8 * i));
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
