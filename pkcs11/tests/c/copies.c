/* Two copies of the module in one process: each is an application of its own. On one directory the second is refused, because the
   two would take each other's locks; on two directories both work, and neither ends with the other.
   copies MODULE COPY */
#include <pthread.h>
#include <sys/wait.h>

#include "cryptoki.h"

static CK_FUNCTION_LIST *copies[2];
static CK_BYTE expected[16];

static void *work(void *which) {
    CK_FUNCTION_LIST *p11 = which;
    CK_ULONG session = open_session(p11), key;
    TRUE_THAT(find(p11, session, "known", &key) == 1);
    for (int i = 0; i < 20; i++) {
        CK_BYTE code[16];
        known_code(p11, session, key, code);
        TRUE_THAT(memcmp(code, expected, 16) == 0);
        known_key(p11, session, "of a copy", 1);
    }
    OK(p11->CloseSession(session));
    return NULL;
}

int main(int argc, char **argv) {
    TRUE_THAT(argc == 3);
    alarm(300);
    void *handles[2];
    CK_ULONG sessions[2], key;
    for (int i = 0; i < 2; i++) {
        copies[i] = module_at(argv[1 + i], &handles[i]);
        EXPECT(copies[i]->GetInfo(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    }
    TRUE_THAT(copies[0] != copies[1]);
    const char *directory = getenv("HSM_SIM_DIR");
    char other[4096];
    char directory_of_first[4096];
    TRUE_THAT(directory && snprintf(directory_of_first, sizeof other, "%s", directory) < (int)sizeof other);
    TRUE_THAT(snprintf(other, sizeof other, "%s-other", directory) < (int)sizeof other);
    OK(copies[0]->Initialize(NULL));
    EXPECT(copies[1]->Initialize(NULL), CKR_GENERAL_ERROR);
    EXPECT(copies[1]->GetInfo(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    TRUE_THAT(setenv("HSM_SIM_DIR", other, 1) == 0);
    OK(copies[1]->Initialize(NULL));
    for (int i = 0; i < 2; i++) {
        initialize_token(copies[i]);
        sessions[i] = open_session(copies[i]);
        OK(copies[i]->Login(sessions[i], CKU_USER, USER_PIN));
        key = known_key(copies[i], sessions[i], "known", 1);
        known_code(copies[i], sessions[i], key, expected);
    }
    pthread_t workers[4];
    for (int i = 0; i < 4; i++) TRUE_THAT(pthread_create(&workers[i], NULL, work, copies[i % 2]) == 0);
    for (int i = 0; i < 4; i++) TRUE_THAT(pthread_join(workers[i], NULL) == 0);
    for (int i = 0; i < 2; i++) TRUE_THAT(find(copies[i], sessions[i], "of a copy", &key) == 40);

    /* A child of both, in which both begin anew. */
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 2; i++) {
            TRUE_THAT(setenv("HSM_SIM_DIR", i == 0 ? directory_of_first : other, 1) == 0);
            EXPECT(copies[i]->GetInfo(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
            OK(copies[i]->Initialize(NULL));
            CK_ULONG session = open_session(copies[i]);
            OK(copies[i]->Login(session, CKU_USER, USER_PIN));
            TRUE_THAT(find(copies[i], session, "of a copy", &key) == 40);
            OK(copies[i]->Finalize(NULL));
        }
        _exit(0);
    }
    int status;
    TRUE_THAT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);

    /* The first ends and is unloaded; the second reads and writes on, and may then open what the first had. */
    OK(copies[0]->Finalize(NULL));
    TRUE_THAT(dlclose(handles[0]) == 0);
    known_key(copies[1], sessions[1], "of a copy", 1);
    TRUE_THAT(find(copies[1], sessions[1], "of a copy", &key) == 41);
    CK_BYTE code[16];
    known_code(copies[1], sessions[1], key, code);
    TRUE_THAT(memcmp(code, expected, 16) == 0);
    OK(copies[1]->Finalize(NULL));
    TRUE_THAT(setenv("HSM_SIM_DIR", directory_of_first, 1) == 0);
    OK(copies[1]->Initialize(NULL));
    sessions[1] = open_session(copies[1]);
    OK(copies[1]->Login(sessions[1], CKU_USER, USER_PIN));
    TRUE_THAT(find(copies[1], sessions[1], "of a copy", &key) == 40);
    OK(copies[1]->Finalize(NULL));
    return 0;
}
