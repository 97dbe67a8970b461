"""stub to be replaced"""
class Font:
    def show(self,i,f,t): pass
    def finish(self,ctx): pass
def load(ctx,value,d): return Font()
