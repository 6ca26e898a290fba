import java.io.ByteArrayOutputStream;
import java.security.*;
import java.util.*;
import javax.crypto.*;
import javax.crypto.spec.*;

/** Encrypts in a token and decrypts with Java's own providers, and the other way round; agrees on a secret. */
public class Ciphers {
    public static void main(String[] arguments) throws Exception {
        Provider token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        Security.addProvider(token);
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, arguments[1].toCharArray());
        byte[] value = new byte[32], iv = new byte[16], data = "what passes between Java and the token".getBytes();
        Arrays.fill(value, (byte) 7);
        SecretKey here = new SecretKeySpec(value, "AES");
        store.setKeyEntry("aes", here, null, null);
        SecretKey there = (SecretKey) store.getKey("aes", null);
        for (String name : new String[] {"AES/GCM/NoPadding", "AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/ECB/PKCS5Padding"}) {
            Cipher inside = Cipher.getInstance(name, token), outside = Cipher.getInstance(name, "SunJCE");
            var parameters = name.contains("ECB") ? null
                : name.contains("GCM") ? new GCMParameterSpec(128, iv, 0, 12) : new IvParameterSpec(iv);
            inside.init(Cipher.ENCRYPT_MODE, there, parameters);
            outside.init(Cipher.DECRYPT_MODE, here, parameters);
            check(name, outside.doFinal(run(inside, data)), data);
            outside.init(Cipher.ENCRYPT_MODE, here, parameters == null || !name.contains("GCM") ? parameters : next());
            inside.init(Cipher.DECRYPT_MODE, there, parameters == null || !name.contains("GCM") ? parameters : next());
            check(name, run(inside, outside.doFinal(data)), data);
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", token);
        generator.initialize(256);
        KeyPair mine = generator.generateKeyPair(), yours = generator.generateKeyPair();
        check("ECDH", agree(token, mine, yours), agree(token, yours, mine));
        System.out.println("all is as Java has it");
    }

    static GCMParameterSpec next() {
        return new GCMParameterSpec(128, "another IV..".getBytes());
    }

    static byte[] run(Cipher cipher, byte[] data) throws Exception {
        var all = new ByteArrayOutputStream();
        // Java 17 loses what it is given with doFinal after an update in GCM, so all comes before it.
        for (byte[] part : new byte[][] {cipher.update(data, 0, 20), cipher.update(data, 20, data.length - 20), cipher.doFinal()})
            if (part != null) all.write(part);
        return all.toByteArray();
    }

    static byte[] agree(Provider token, KeyPair mine, KeyPair yours) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", token);
        agreement.init(mine.getPrivate());
        agreement.doPhase(yours.getPublic(), true);
        return agreement.generateSecret();
    }

    static void check(String name, byte[] one, byte[] other) {
        if (!Arrays.equals(one, other)) throw new AssertionError(name);
    }
}
