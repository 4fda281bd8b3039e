//go:build !windows

package abide

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// dialSocket connects to the socket of this user. That of another user is refused: its owner could return a token of their choice.
func dialSocket(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if owner, ok := file.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s belongs to another user (uid %d)", path, owner.Uid)
	}
	return new(net.Dialer).DialContext(ctx, "unix", path)
}
