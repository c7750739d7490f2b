/* Records what a process asks of the network, in the file that NETWORK_WATCH names, and refuses it.
   Preloaded into a child process, it also sees what native code asks, which Python cannot. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

static void note(const char *what, const char *where)
{
    const char *path = getenv("NETWORK_WATCH");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file) {
        fprintf(file, "%s %s\n", what, where ? where : "?");
        fclose(file);
    }
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    (void)service, (void)hints, (void)result;
    note("resolve", node);
    return EAI_FAIL;
}

struct hostent *gethostbyname(const char *name)
{
    note("resolve", name);
    return NULL;
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)length;
    if (address && (address->sa_family == AF_INET || address->sa_family == AF_INET6)) {
        note("connect", address->sa_family == AF_INET ? "inet" : "inet6");
        errno = ENETUNREACH;
        return -1;
    }
    errno = ECONNREFUSED;
    return -1;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)data, (void)size, (void)flags, (void)length;
    if (address && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
        note("send", "datagram");
    errno = ENETUNREACH;
    return -1;
}
