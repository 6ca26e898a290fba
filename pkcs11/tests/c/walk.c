/* Walks along the boundary: every structure and buffer lies in a block of its exact size, so that valgrind and AddressSanitizer see
   a byte too many; pointers are null or misaligned; the module is loaded, initialised, ended and unloaded again and again.
   walk MODULE [again]: again on the same token, in short, for where every instruction takes long. */
#include <pthread.h>
#include <stdint.h>

#include "cryptoki.h"

static CK_FUNCTION_LIST *p11;
static int again;

static void *block(CK_ULONG len) {
    void *block = malloc(len);
    TRUE_THAT(block);
    return block;
}

/* Asks for the length, is refused one byte less, takes the output in exactly its length. */
#define TWO_CALLS(call, out, out_len)                                                                              \
    do {                                                                                                           \
        out = NULL;                                                                                                \
        OK(call);                                                                                                  \
        CK_ULONG told_ = out_len;                                                                                  \
        if (told_ > 0) {                                                                                           \
            out_len = told_ - 1;                                                                                   \
            out = block(told_ - 1);                                                                                \
            EXPECT(call, CKR_BUFFER_TOO_SMALL);                                                                    \
            TRUE_THAT(out_len == told_);                                                                           \
            free(out);                                                                                             \
        }                                                                                                          \
        out = block(told_);                                                                                        \
        OK(call);                                                                                                  \
        TRUE_THAT(out_len <= told_);                                                                               \
    } while (0)

/* The same where the length told may be more than what comes. */
#define ROOM_AS_TOLD(call, out, out_len)                                                                           \
    do {                                                                                                           \
        out = NULL;                                                                                                \
        OK(call);                                                                                                  \
        CK_ULONG told_ = out_len;                                                                                  \
        out = block(told_);                                                                                        \
        OK(call);                                                                                                  \
        TRUE_THAT(out_len <= told_);                                                                               \
    } while (0)

static void information(void) {
    CK_INFO *info = block(sizeof *info);
    OK(p11->GetInfo(info));
    free(info);
    CK_ULONG *slots, count;
    slots = NULL;
    OK(p11->GetSlotList(1, slots, &count));
    TRUE_THAT(count == 1);
    slots = block(sizeof *slots);
    OK(p11->GetSlotList(1, slots, &count));
    TRUE_THAT(slots[0] == 0);
    free(slots);
    CK_SLOT_INFO *slot = block(sizeof *slot);
    OK(p11->GetSlotInfo(0, slot));
    free(slot);
    CK_TOKEN_INFO *token = block(sizeof *token);
    OK(p11->GetTokenInfo(0, token));
    free(token);
    CK_ULONG *mechanisms = NULL;
    OK(p11->GetMechanismList(0, NULL, &count));
    mechanisms = block(count * sizeof *mechanisms);
    OK(p11->GetMechanismList(0, mechanisms, &count));
    CK_MECHANISM_INFO *about = block(sizeof *about);
    for (CK_ULONG i = 0; i < count; i++) OK(p11->GetMechanismInfo(0, mechanisms[i], about));
    free(about);
    count -= 1;
    EXPECT(p11->GetMechanismList(0, mechanisms, &count), CKR_BUFFER_TOO_SMALL);
    free(mechanisms);
}

static CK_ULONG make_key(CK_ULONG session) {
    CK_ULONG length = 32, key;
    CK_ATTRIBUTE template[] = {
        ATTRIBUTE(CKA_VALUE_LEN, length), ATTRIBUTE(CKA_ENCRYPT, YES), ATTRIBUTE(CKA_DECRYPT, YES), ATTRIBUTE(CKA_SIGN, YES),
        ATTRIBUTE(CKA_VERIFY, YES), ATTRIBUTE(CKA_EXTRACTABLE, YES), { CKA_LABEL, "walked", 6 },
    };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    OK(p11->GenerateKey(session, &generate, template, COUNT(template), &key));
    return key;
}

static void ciphers(CK_ULONG session, CK_ULONG key) {
    CK_BYTE *iv = block(16);
    memset(iv, 1, 16);
    CK_MECHANISM *cbc = block(sizeof *cbc);
    *cbc = (CK_MECHANISM){ CKM_AES_CBC_PAD, iv, 16 };
    for (CK_ULONG len = 0; len < 50; len += again ? 15 : 1) {
        CK_BYTE *data = block(len), *out, *back;
        memset(data, 2, len);
        CK_ULONG out_len, back_len;
        OK(p11->EncryptInit(session, cbc, key));
        TWO_CALLS(p11->Encrypt(session, data, len, out, &out_len), out, out_len);
        OK(p11->DecryptInit(session, cbc, key));
        back_len = out_len;
        back = block(back_len);
        OK(p11->Decrypt(session, out, out_len, back, &back_len));
        TRUE_THAT(back_len == len && memcmp(back, data, len) == 0);
        free(back);
        /* In pieces of three bytes, each into exactly the room that it asks for. */
        OK(p11->EncryptInit(session, cbc, key));
        CK_ULONG total = 0;
        for (CK_ULONG at = 0; at < len; at += 3) {
            CK_BYTE *piece;
            CK_ULONG piece_len = 0, part = len - at < 3 ? len - at : 3;
            ROOM_AS_TOLD(p11->EncryptUpdate(session, data + at, part, piece, &piece_len), piece, piece_len);
            TRUE_THAT(memcmp(piece, out + total, piece_len) == 0);
            total += piece_len;
            free(piece);
        }
        CK_BYTE *last;
        CK_ULONG last_len = 0;
        TWO_CALLS(p11->EncryptFinal(session, last, &last_len), last, last_len);
        TRUE_THAT(total + last_len == out_len && memcmp(last, out + total, last_len) == 0);
        free(last);
        free(out);
        free(data);
    }
    free(cbc);
    free(iv);
}

static void codes(CK_ULONG session, CK_ULONG key) {
    CK_MECHANISM cmac = { CKM_AES_CMAC, NULL, 0 }, sha = { CKM_SHA256, NULL, 0 };
    CK_BYTE *data = block(10), *out;
    memset(data, 3, 10);
    CK_ULONG out_len;
    OK(p11->SignInit(session, &cmac, key));
    TWO_CALLS(p11->Sign(session, data, 10, out, &out_len), out, out_len);
    OK(p11->VerifyInit(session, &cmac, key));
    OK(p11->Verify(session, data, 10, out, out_len));
    free(out);
    OK(p11->DigestInit(session, &sha));
    TWO_CALLS(p11->Digest(session, data, 10, out, &out_len), out, out_len);
    free(out);
    OK(p11->DigestInit(session, &sha));
    OK(p11->DigestUpdate(session, data, 10));
    TWO_CALLS(p11->GetOperationState(session, out, &out_len), out, out_len);
    free(out);
    TWO_CALLS(p11->DigestFinal(session, out, &out_len), out, out_len);
    free(out);
    free(data);
    CK_BYTE *random = block(33);
    OK(p11->GenerateRandom(session, random, 33));
    free(random);
}

static void pairs(CK_ULONG session) {
    CK_ULONG *bits = block(sizeof *bits), public, private;
    *bits = 1024;
    CK_ATTRIBUTE public_template[] = { ATTRIBUTE(CKA_MODULUS_BITS, *bits), ATTRIBUTE(CKA_VERIFY, YES) };
    CK_ATTRIBUTE private_template[] = { ATTRIBUTE(CKA_SIGN, YES) };
    CK_MECHANISM generate = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 }, sign = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    OK(p11->GenerateKeyPair(session, &generate, public_template, 2, private_template, 1, &public, &private));
    free(bits);
    CK_BYTE *signature;
    CK_ULONG len;
    OK(p11->SignInit(session, &sign, private));
    TWO_CALLS(p11->Sign(session, (CK_BYTE *)"data", 4, signature, &len), signature, len);
    OK(p11->VerifyInit(session, &sign, public));
    OK(p11->Verify(session, (CK_BYTE *)"data", 4, signature, len));
    signature[0] ^= 1;
    OK(p11->VerifyInit(session, &sign, public));
    EXPECT(p11->Verify(session, (CK_BYTE *)"data", 4, signature, len), CKR_SIGNATURE_INVALID);
    free(signature);
}

static void attributes(CK_ULONG session, CK_ULONG key) {
    CK_ATTRIBUTE *wanted = block(2 * sizeof *wanted);
    wanted[0] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 0 };
    wanted[1] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, NULL, 0 };
    OK(p11->GetAttributeValue(session, key, wanted, 2));
    TRUE_THAT(wanted[0].len == 6 && wanted[1].len == sizeof(CK_ULONG));
    for (int i = 0; i < 2; i++) wanted[i].value = block(wanted[i].len);
    OK(p11->GetAttributeValue(session, key, wanted, 2));
    wanted[0].len = 5;
    EXPECT(p11->GetAttributeValue(session, key, wanted, 2), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(wanted[0].len == (CK_ULONG)-1 && wanted[1].len == sizeof(CK_ULONG));
    for (int i = 0; i < 2; i++) free(wanted[i].value);
    free(wanted);
}

/* Nothing but zeros, after a session that is right or wrong, to every function but those that would end the walk. */
static void zeros(CK_ULONG session) {
    typedef CK_RV any(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG);
    void **functions = (void **)&p11->Initialize;
    for (int i = 0; i < FUNCTIONS; i++) {
        any *function;
        *(void **)&function = functions[i];
        CK_ULONG firsts[] = { 0, (CK_ULONG)-1, session };
        /* C_Initialize to C_GetFunctionList take a pointer first; C_CloseSession and C_CloseAllSessions, C_Login and C_Logout work. */
        int only_null = i < 4, skip = i == 1 || i == 13 || i == 14 || i == 19 || i == 67;
        for (int first = 0; first < (only_null ? 1 : 3) && !skip; first++)
            function(firsts[first], 0, 0, 0, 0, 0, 0, 0);
    }
}

/* Where the standard asks for a number or structure, any address will do. */
static void misaligned(CK_ULONG session, CK_ULONG key) {
    CK_BYTE *odd = (CK_BYTE *)block(200) + 1;
    CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
    memcpy(odd, &sha, sizeof sha);
    OK(p11->DigestInit(session, (CK_MECHANISM *)odd));
    CK_ULONG len = 32;
    memcpy(odd, &len, sizeof len);
    OK(p11->Digest(session, odd + 100, 3, odd + 50, (CK_ULONG *)odd));
    OK(p11->GetSessionInfo(session, (CK_SESSION_INFO *)odd));
    CK_ATTRIBUTE label = { CKA_LABEL, NULL, 0 };
    memcpy(odd, &label, sizeof label);
    CK_RV rv = p11->GetAttributeValue(session, key, (CK_ATTRIBUTE *)odd, 1);
    TRUE_THAT(rv == CKR_OK || rv == CKR_ARGUMENTS_BAD);
    free(odd - 1);
}

static void *work(void *key) {
    CK_ULONG session = open_session(p11);
    for (int i = 0; i < (again ? 4 : 40); i++) {
        CK_BYTE code[16], again[16];
        known_code(p11, session, *(CK_ULONG *)key, code);
        known_code(p11, session, *(CK_ULONG *)key, again);
        TRUE_THAT(memcmp(code, again, 16) == 0);
    }
    OK(p11->CloseSession(session));
    return NULL;
}

/* Calls until the module is ended under its hands. */
static void *work_until_end(void *unused) {
    (void)unused;
    for (;;) {
        CK_ULONG session;
        CK_RV rv = p11->OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session);
        if (rv == CKR_CRYPTOKI_NOT_INITIALIZED) return NULL;
        TRUE_THAT(rv == CKR_OK);
        rv = p11->CloseSession(session);
        TRUE_THAT(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
    }
}

static void threads(CK_ULONG key) {
    pthread_t workers[8];
    for (int i = 0; i < 8; i++) TRUE_THAT(pthread_create(&workers[i], NULL, work, &key) == 0);
    for (int i = 0; i < 8; i++) TRUE_THAT(pthread_join(workers[i], NULL) == 0);
}

static void end_under_calls(void) {
    pthread_t workers[4];
    for (int i = 0; i < 4; i++) TRUE_THAT(pthread_create(&workers[i], NULL, work_until_end, NULL) == 0);
    OK(p11->Finalize(NULL));
    for (int i = 0; i < 4; i++) TRUE_THAT(pthread_join(workers[i], NULL) == 0);
}

int main(int argc, char **argv) {
    TRUE_THAT(argc == 2 || argc == 3);
    again = argc == 3;
    alarm(again ? 900 : 300);
    for (int round = 0; round < (again ? 1 : 3); round++) {
        void *handle;
        p11 = module_at(argv[1], &handle);
        EXPECT(p11->GetInfo(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        OK(p11->Initialize(NULL));
        EXPECT(p11->Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        if (round == 0 && !again) initialize_token(p11);
        CK_ULONG session = open_session(p11);
        OK(p11->Login(session, CKU_USER, USER_PIN));
        information();
        CK_ULONG key = make_key(session);
        ciphers(session, key);
        codes(session, key);
        attributes(session, key);
        if (round == 0 && !again) pairs(session);
        misaligned(session, key);
        threads(key);
        zeros(session);
        end_under_calls();
        EXPECT(p11->CloseSession(session), CKR_CRYPTOKI_NOT_INITIALIZED);
        EXPECT(p11->Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        TRUE_THAT(dlclose(handle) == 0);
    }
    return 0;
}
