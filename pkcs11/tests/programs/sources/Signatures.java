import java.security.*;
import java.security.spec.*;

/** Signs with the keys of a token and verifies with Java's own providers. */
public class Signatures {
    public static void main(String[] arguments) throws Exception {
        Provider token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        Security.addProvider(token);
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, arguments[1].toCharArray());
        String[][] cases = {
            {"rsa", "SHA256withRSA"}, {"rsa", "SHA512withRSA"}, {"rsa", "RSASSA-PSS"},
            {"ec", "SHA256withECDSA"}, {"ec", "SHA384withECDSA"}, {"ec", "NONEwithECDSA"},
        };
        byte[] data = new byte[32];
        for (String[] one : cases) {
            Signature signer = signature(one[1], token);
            signer.initSign((PrivateKey) store.getKey(one[0], null));
            signer.update(data);
            byte[] signed = signer.sign();
            PublicKey key = store.getCertificate(one[0]).getPublicKey();
            KeyFactory factory = KeyFactory.getInstance(key.getAlgorithm(), one[0].equals("rsa") ? "SunRsaSign" : "SunEC");
            Signature verifier = signature(one[1], factory.getProvider());
            verifier.initVerify(factory.generatePublic(new X509EncodedKeySpec(key.getEncoded())));
            verifier.update(data);
            if (!verifier.verify(signed)) throw new AssertionError(one[1] + " with " + one[0]);
        }
        System.out.println(cases.length + " signatures are right");
    }

    static Signature signature(String algorithm, Provider provider) throws Exception {
        Signature signature = Signature.getInstance(algorithm, provider);
        if (algorithm.equals("RSASSA-PSS"))
            signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        return signature;
    }
}
