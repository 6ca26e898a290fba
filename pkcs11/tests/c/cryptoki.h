/* What the programs here need of PKCS#11 v2.40, written down once more: a second opinion on the module's own structures. */
#ifndef CRYPTOKI_H
#define CRYPTOKI_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned char CK_BYTE;
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;

typedef struct { CK_ULONG type; void *value; CK_ULONG len; } CK_ATTRIBUTE;
typedef struct { CK_ULONG mechanism; void *parameter; CK_ULONG len; } CK_MECHANISM;
typedef struct { CK_BYTE major, minor; } CK_VERSION;
typedef struct {
    CK_VERSION cryptoki; CK_BYTE manufacturer[32]; CK_ULONG flags; CK_BYTE description[32]; CK_VERSION library;
} CK_INFO;
typedef struct {
    CK_BYTE description[64], manufacturer[32]; CK_ULONG flags; CK_VERSION hardware, firmware;
} CK_SLOT_INFO;
typedef struct {
    CK_BYTE label[32], manufacturer[32], model[16], serial[16];
    CK_ULONG numbers[11];
    CK_VERSION hardware, firmware;
    CK_BYTE time[16];
} CK_TOKEN_INFO;
typedef struct { CK_ULONG slot, state, flags, device_error; } CK_SESSION_INFO;
typedef struct { CK_ULONG min, max, flags; } CK_MECHANISM_INFO;

typedef CK_RV transform(CK_ULONG session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
typedef CK_RV start(CK_ULONG session, CK_MECHANISM *mechanism, CK_ULONG key);
typedef CK_RV absorb(CK_ULONG session, CK_BYTE *in, CK_ULONG in_len);
typedef CK_RV finish(CK_ULONG session, CK_BYTE *out, CK_ULONG *out_len);

/* CK_FUNCTION_LIST; the places of functions that no program here calls by name are bare pointers. */
typedef struct {
    CK_VERSION version;
    CK_RV (*Initialize)(void *args);
    CK_RV (*Finalize)(void *reserved);
    CK_RV (*GetInfo)(CK_INFO *info);
    CK_RV (*GetFunctionList)(void *list);
    CK_RV (*GetSlotList)(CK_BYTE present, CK_ULONG *slots, CK_ULONG *count);
    CK_RV (*GetSlotInfo)(CK_ULONG slot, CK_SLOT_INFO *info);
    CK_RV (*GetTokenInfo)(CK_ULONG slot, CK_TOKEN_INFO *info);
    CK_RV (*GetMechanismList)(CK_ULONG slot, CK_ULONG *mechanisms, CK_ULONG *count);
    CK_RV (*GetMechanismInfo)(CK_ULONG slot, CK_ULONG mechanism, CK_MECHANISM_INFO *info);
    CK_RV (*InitToken)(CK_ULONG slot, CK_BYTE *pin, CK_ULONG pin_len, CK_BYTE *label);
    CK_RV (*InitPIN)(CK_ULONG session, CK_BYTE *pin, CK_ULONG pin_len);
    void *SetPIN;
    CK_RV (*OpenSession)(CK_ULONG slot, CK_ULONG flags, void *application, void *notify, CK_ULONG *session);
    CK_RV (*CloseSession)(CK_ULONG session);
    CK_RV (*CloseAllSessions)(CK_ULONG slot);
    CK_RV (*GetSessionInfo)(CK_ULONG session, CK_SESSION_INFO *info);
    finish *GetOperationState;
    void *SetOperationState;
    CK_RV (*Login)(CK_ULONG session, CK_ULONG user, CK_BYTE *pin, CK_ULONG pin_len);
    CK_RV (*Logout)(CK_ULONG session);
    CK_RV (*CreateObject)(CK_ULONG session, CK_ATTRIBUTE *template, CK_ULONG count, CK_ULONG *object);
    void *CopyObject;
    CK_RV (*DestroyObject)(CK_ULONG session, CK_ULONG object);
    void *GetObjectSize;
    CK_RV (*GetAttributeValue)(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *template, CK_ULONG count);
    void *SetAttributeValue;
    CK_RV (*FindObjectsInit)(CK_ULONG session, CK_ATTRIBUTE *template, CK_ULONG count);
    CK_RV (*FindObjects)(CK_ULONG session, CK_ULONG *objects, CK_ULONG max, CK_ULONG *count);
    CK_RV (*FindObjectsFinal)(CK_ULONG session);
    start *EncryptInit;
    transform *Encrypt, *EncryptUpdate;
    finish *EncryptFinal;
    start *DecryptInit;
    transform *Decrypt, *DecryptUpdate;
    finish *DecryptFinal;
    CK_RV (*DigestInit)(CK_ULONG session, CK_MECHANISM *mechanism);
    transform *Digest;
    absorb *DigestUpdate;
    void *DigestKey;
    finish *DigestFinal;
    start *SignInit;
    transform *Sign;
    absorb *SignUpdate;
    finish *SignFinal;
    void *SignRecoverInit, *SignRecover;
    start *VerifyInit;
    CK_RV (*Verify)(CK_ULONG session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature, CK_ULONG signature_len);
    void *VerifyUpdate, *VerifyFinal, *VerifyRecoverInit, *VerifyRecover;
    void *DigestEncryptUpdate, *DecryptDigestUpdate, *SignEncryptUpdate, *DecryptVerifyUpdate;
    CK_RV (*GenerateKey)(CK_ULONG session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count, CK_ULONG *key);
    CK_RV (*GenerateKeyPair)(CK_ULONG session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG public_count,
                             CK_ATTRIBUTE *private, CK_ULONG private_count, CK_ULONG *public_key, CK_ULONG *private_key);
    CK_RV (*WrapKey)(CK_ULONG session, CK_MECHANISM *mechanism, CK_ULONG by, CK_ULONG key, CK_BYTE *out, CK_ULONG *out_len);
    CK_RV (*UnwrapKey)(CK_ULONG session, CK_MECHANISM *mechanism, CK_ULONG by, CK_BYTE *wrapped, CK_ULONG wrapped_len,
                       CK_ATTRIBUTE *template, CK_ULONG count, CK_ULONG *key);
    void *DeriveKey, *SeedRandom;
    CK_RV (*GenerateRandom)(CK_ULONG session, CK_BYTE *out, CK_ULONG len);
    void *GetFunctionStatus, *CancelFunction, *WaitForSlotEvent;
} CK_FUNCTION_LIST;

#define FUNCTIONS 68

enum {
    CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_ARGUMENTS_BAD = 7, CKR_ENCRYPTED_DATA_INVALID = 0x40, CKR_SESSION_HANDLE_INVALID = 0xb3,
    CKR_SIGNATURE_INVALID = 0xc0, CKR_USER_ALREADY_LOGGED_IN = 0x100, CKR_BUFFER_TOO_SMALL = 0x150,
    CKR_CRYPTOKI_NOT_INITIALIZED = 0x190, CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,

    CKF_RW_SESSION = 2, CKF_SERIAL_SESSION = 4, CKU_SO = 0, CKU_USER = 1,

    CKO_SECRET_KEY = 4, CKK_AES = 0x1f,
    CKA_CLASS = 0, CKA_TOKEN = 1, CKA_PRIVATE = 2, CKA_LABEL = 3, CKA_VALUE = 0x11, CKA_KEY_TYPE = 0x100,
    CKA_SENSITIVE = 0x103, CKA_ENCRYPT = 0x104, CKA_DECRYPT = 0x105, CKA_WRAP = 0x106, CKA_UNWRAP = 0x107, CKA_SIGN = 0x108,
    CKA_VERIFY = 0x10a, CKA_MODULUS = 0x120, CKA_MODULUS_BITS = 0x121, CKA_VALUE_LEN = 0x161, CKA_EXTRACTABLE = 0x162,

    CKM_RSA_PKCS_KEY_PAIR_GEN = 0, CKM_SHA256_RSA_PKCS = 0x40, CKM_SHA256 = 0x250, CKM_AES_KEY_GEN = 0x1080, CKM_AES_ECB = 0x1081,
    CKM_AES_CBC_PAD = 0x1085, CKM_AES_CMAC = 0x108a, CKM_AES_KEY_WRAP_KWP = 0x210b
};

static const CK_BYTE YES = 1, NO = 0;

#define SO_PIN ((CK_BYTE *)"officer-1"), 9
#define USER_PIN ((CK_BYTE *)"user-pin"), 8

/* Ends the program, without the module's destructors and with the place, unless the call answers what is expected. */
#define EXPECT(call, expected)                                                                                     \
    do {                                                                                                           \
        CK_RV rv_ = (call);                                                                                        \
        if (rv_ != (CK_RV)(expected)) {                                                                            \
            fprintf(stderr, "%s:%d: %s: %#lx, not %#lx\n", __FILE__, __LINE__, #call, rv_, (CK_RV)(expected));      \
            _exit(1);                                                                                              \
        }                                                                                                          \
    } while (0)
#define OK(call) EXPECT(call, CKR_OK)
#define TRUE_THAT(condition)                                                                                       \
    do {                                                                                                           \
        if (!(condition)) {                                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                 \
            _exit(1);                                                                                              \
        }                                                                                                          \
    } while (0)

#define ATTRIBUTE(type, value) { type, (void *)&(value), sizeof(value) }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The module at this path. */
static inline CK_FUNCTION_LIST *module_at(const char *path, void **handle) {
    *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*handle) {
        fprintf(stderr, "%s\n", dlerror());
        _exit(1);
    }
    CK_RV (*get)(CK_FUNCTION_LIST **);
    *(void **)&get = dlsym(*handle, "C_GetFunctionList");
    TRUE_THAT(get);
    CK_FUNCTION_LIST *list;
    OK(get(&list));
    return list;
}

static inline CK_ULONG open_session(CK_FUNCTION_LIST *p11) {
    CK_ULONG session;
    OK(p11->OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    return session;
}

static inline void initialize_token(CK_FUNCTION_LIST *p11) {
    CK_BYTE label[32];
    memset(label, ' ', sizeof label);
    OK(p11->InitToken(0, SO_PIN, label));
    CK_ULONG session = open_session(p11);
    OK(p11->Login(session, CKU_SO, SO_PIN));
    OK(p11->InitPIN(session, USER_PIN));
    OK(p11->Logout(session));
    OK(p11->CloseSession(session));
}

/* An AES key of known value, so that every process can tell whether another one computes the same. */
static inline CK_ULONG known_key(CK_FUNCTION_LIST *p11, CK_ULONG session, const char *label, CK_BYTE token) {
    CK_ULONG class = CKO_SECRET_KEY, type = CKK_AES, key;
    CK_BYTE value[32];
    memset(value, 7, sizeof value);
    CK_ATTRIBUTE template[] = {
        ATTRIBUTE(CKA_CLASS, class), ATTRIBUTE(CKA_KEY_TYPE, type), ATTRIBUTE(CKA_VALUE, value),
        { CKA_LABEL, (void *)label, strlen(label) }, ATTRIBUTE(CKA_TOKEN, token), ATTRIBUTE(CKA_ENCRYPT, YES),
        ATTRIBUTE(CKA_DECRYPT, YES), ATTRIBUTE(CKA_SIGN, YES), ATTRIBUTE(CKA_VERIFY, YES),
    };
    OK(p11->CreateObject(session, template, COUNT(template), &key));
    return key;
}

/* The code that the known key gives. */
static inline void known_code(CK_FUNCTION_LIST *p11, CK_ULONG session, CK_ULONG key, CK_BYTE code[16]) {
    CK_MECHANISM cmac = { CKM_AES_CMAC, NULL, 0 };
    CK_ULONG len = 16;
    OK(p11->SignInit(session, &cmac, key));
    OK(p11->Sign(session, (CK_BYTE *)"known data", 10, code, &len));
    TRUE_THAT(len == 16);
}

/* How many objects have this label; the last of them. */
static inline CK_ULONG find(CK_FUNCTION_LIST *p11, CK_ULONG session, const char *label, CK_ULONG *object) {
    CK_ATTRIBUTE template = { CKA_LABEL, (void *)label, strlen(label) };
    CK_ULONG total = 0, count;
    OK(p11->FindObjectsInit(session, &template, 1));
    do {
        OK(p11->FindObjects(session, object, 1, &count));
        total += count;
    } while (count);
    OK(p11->FindObjectsFinal(session));
    return total;
}

#endif
