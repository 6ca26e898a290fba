/* Forks while other threads call: the child begins anew and works, so does its own child, and the parent goes on.
   forks MODULE */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "cryptoki.h"

#define CHILDREN 6

static CK_FUNCTION_LIST *p11;
static CK_BYTE expected[16];
static atomic_int stop;
static atomic_long calls;

/* Computes, finds and writes, as long as the parent forks. */
static void *work(void *unused) {
    (void)unused;
    CK_ULONG session = open_session(p11), key;
    TRUE_THAT(find(p11, session, "known", &key) == 1);
    while (!stop) {
        CK_BYTE code[16];
        known_code(p11, session, key, code);
        TRUE_THAT(memcmp(code, expected, 16) == 0);
        CK_ULONG made = known_key(p11, session, "passing", 1);
        OK(p11->DestroyObject(session, made));
        calls++;
    }
    OK(p11->CloseSession(session));
    return NULL;
}

static void wait_for(pid_t child) {
    int status;
    TRUE_THAT(child > 0);
    TRUE_THAT(waitpid(child, &status, 0) == child);
    TRUE_THAT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What a child does: it finds the module not initialised, begins anew, and works. */
static void live(int depth) {
    alarm(120);
    CK_ULONG count, key, session;
    CK_BYTE code[16];
    EXPECT(p11->GetSlotList(1, NULL, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
    EXPECT(p11->Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    OK(p11->Initialize(NULL));
    session = open_session(p11);
    /* The login was the parent's. */
    TRUE_THAT(find(p11, session, "known", &key) == 0);
    OK(p11->Login(session, CKU_USER, USER_PIN));
    TRUE_THAT(find(p11, session, "known", &key) == 1);
    known_code(p11, session, key, code);
    TRUE_THAT(memcmp(code, expected, 16) == 0);
    known_key(p11, session, "of a child", 1);
    known_key(p11, session, "of a session", 0);
    if (depth > 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            live(depth - 1);
            _exit(0);
        }
        wait_for(grandchild);
        known_code(p11, session, key, code);
        TRUE_THAT(memcmp(code, expected, 16) == 0);
    }
    if (depth % 2 == 0) OK(p11->Finalize(NULL));
}

int main(int argc, char **argv) {
    TRUE_THAT(argc == 2 || argc == 3);
    alarm(300);
    void *handle;
    p11 = module_at(argv[1], &handle);
    OK(p11->Initialize(NULL));
    if (argc == 3) {
        /* The program of a child that executes it. */
        CK_ULONG session = open_session(p11), key;
        OK(p11->Login(session, CKU_USER, USER_PIN));
        TRUE_THAT(find(p11, session, "known", &key) == 1);
        return 0;
    }
    initialize_token(p11);
    CK_ULONG session = open_session(p11), key;
    OK(p11->Login(session, CKU_USER, USER_PIN));
    key = known_key(p11, session, "known", 1);
    known_code(p11, session, key, expected);

    pthread_t workers[3];
    for (int i = 0; i < 3; i++) TRUE_THAT(pthread_create(&workers[i], NULL, work, NULL) == 0);
    for (int i = 0; i < CHILDREN; i++) {
        /* Between two forks the threads get somewhere. */
        long before = calls;
        while (calls == before) sched_yield();
        pid_t child = fork();
        if (child == 0) {
            if (i == 1) {
                execl("/proc/self/exe", argv[0], argv[1], "again", NULL);
                _exit(2);
            }
            live(i % 3);
            /* Some leave as programs do, with the module's destructors. */
            if (i == 2) exit(0);
            _exit(0);
        }
        known_code(p11, session, key, expected);
        wait_for(child);
    }
    stop = 1;
    for (int i = 0; i < 3; i++) TRUE_THAT(pthread_join(workers[i], NULL) == 0);

    /* One of each child and child's child: 1 + 0 + 3 + 1 + 2 + 3. */
    TRUE_THAT(find(p11, session, "of a child", &key) == 10);
    TRUE_THAT(find(p11, session, "of a session", &key) == 0);
    TRUE_THAT(find(p11, session, "passing", &key) == 0);
    OK(p11->Finalize(NULL));
    return 0;
}
