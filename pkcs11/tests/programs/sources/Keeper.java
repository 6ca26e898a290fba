import java.io.*;
import java.security.*;
import java.util.HexFormat;
import javax.crypto.*;
import javax.crypto.spec.*;

/** Holds a token open and does as it is told: `make LABEL`, `open LABEL HEX`. */
public class Keeper {
    public static void main(String[] arguments) throws Exception {
        Provider token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        Security.addProvider(token);
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, arguments[1].toCharArray());
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ");
            if (words[0].equals("make")) {
                KeyGenerator generator = KeyGenerator.getInstance("AES", token);
                generator.init(256);
                store.setKeyEntry(words[1], generator.generateKey(), null, null);
            } else {
                store.load(null, arguments[1].toCharArray());
                Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding", token);
                cipher.init(Cipher.DECRYPT_MODE, store.getKey(words[1], null), new IvParameterSpec(new byte[16]));
                System.out.println(new String(cipher.doFinal(HexFormat.of().parseHex(words[2]))));
            }
            System.out.println("done " + words[0]);
        }
    }
}
